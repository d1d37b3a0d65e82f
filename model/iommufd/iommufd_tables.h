// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <span>
#include <string_view>

#include "model/model.h"

namespace iorace::kern::iommufd_tables {

std::span<const flow_info> flows();
std::span<const knob_info> knobs();
std::span<const limit_info> limits();
std::span<const invariant_info> invariants();
std::span<const probe_info> probes();
const class_info* class_called(std::string_view name);

}  // namespace iorace::kern::iommufd_tables
