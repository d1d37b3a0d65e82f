// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. The hardware under all flows; flows are in
// hw.flows.cc.
#include "model/hw/hw_tables.h"
#include "model/hw/knobs.h"

namespace iorace::kern::hw_tables {
namespace {

constexpr knob_value seqcount_values[] = {
    {"written", "N31s", "Root and levels are read and written under a seqcount.", "1e56310b40fd",
     "grow_unmap", "clean"},
    {"none", "N31", "An unmap may read a new root with the old number of levels.",
     "before 1e56310b40fd", "grow_unmap", "kernel-warn"},
};

constexpr knob_info knob_table[] = {
    {"increase_address_space.seqcount", "What orders a walk and the growth of the tree.",
     seqcount_values, 0},
};
static_assert(std::size(knob_table) == knob::hw_count - knob::hw_before - 1);

constexpr invariant_info invariant_table[] = {
    {"freed-page-reachable", "H1", "A page was freed while a device could reach it.",
     "when a page is freed"},
    {"table-freed-in-use", "H4", "A table page was freed while hardware could walk it.",
     "when a table page is freed"},
    {"root-freed-in-use", "H5", "The entry of a device named a page table that was freed.",
     "when a page table is freed, and when an entry is made"},
    {"blocked-device-access", "H7", "A device that was blocked reached memory.",
     "when a device has translated"},
};

constexpr probe_info probe_table[] = {
    {"dma_done", "A device reached memory.", false},
    {"dma_faulted", "A device found nothing mapped.", false},
    {"dma_blocked", "A device had no entry.", false},
    {"pgtable_grew", "A page table got a level more.", false},
    {"pgtable_grew_under_walk", "It did while somebody walked it.", true},
};
static_assert(std::size(probe_table) == probe::hw_count - probe::hw_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::hw_tables
