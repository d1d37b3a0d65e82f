// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. VFIO type1 containers.
#include "model/vfio/type1/knobs.h"
#include "model/vfio/type1/vfio_type1_tables.h"

namespace iorace::kern::vfio_type1_tables {

std::span<const flow_info> flows() { return {}; }
std::span<const knob_info> knobs() { return {}; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return {}; }
std::span<const probe_info> probes() { return {}; }
const class_info* class_called(std::string_view) { return nullptr; }
void make(world&) {}
void finish(world&) {}

}  // namespace iorace::kern::vfio_type1_tables
