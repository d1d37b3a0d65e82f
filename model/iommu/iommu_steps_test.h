// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the steps of the core's flows: the locks that they lie under.
#pragma once

#include "model/iommu/iommu_inside_test.h"
#include "model/iommufd/steps_test.h"

namespace iorace::kern {

inline config stepped_machine() { return of_iommu(repaired_config()); }

inline constexpr const char* group_mutex = "group#1.mutex";
inline constexpr const char* new_group_mutex = "group#1.1.mutex";  // of a group that CPU1 has made
inline constexpr const char* probe_lock = "iommu_probe#1.lock";

}  // namespace iorace::kern
