// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include "model/iopf/iopf.h"

namespace iorace::kern::iopf {

inline int iommufd_fault_iopf_handler(iopf_group*) { return -EINVAL; }

}  // namespace iorace::kern::iopf
