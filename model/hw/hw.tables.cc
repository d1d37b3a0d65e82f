// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. The hardware under all flows.
#include "model/hw/hw_tables.h"
#include "model/hw/knobs.h"

namespace iorace::kern::hw_tables {

std::span<const flow_info> flows() { return {}; }
std::span<const knob_info> knobs() { return {}; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return {}; }
std::span<const probe_info> probes() { return {}; }
const class_info* class_called(std::string_view) { return nullptr; }
void make(world&) {}
void finish(world&) {}

}  // namespace iorace::kern::hw_tables
