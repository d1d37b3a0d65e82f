// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An I/O page table: its root, and the functions that domains call. Two kinds: VT-d's, whose tree
// has all of its levels from the start, and AMD's v1, whose tree grows at its root. A mock domain
// has the former, for a larger space.
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#pragma once

#include "model/hw/io_table.h"
#include "scheduler/sync/seqcount.h"

namespace iorace::kern {

// Of a tree that is new, and of one that has grown as far as it can.
constexpr u64 pt_levels(u64 format) { return format == PT_MOCK ? 4 : 2; }
constexpr u64 pt_levels_grown(u64 format) { return format == PT_AMD_V1 ? 3 : pt_levels(format); }

struct io_pgtable {
  shared<io_table*> root;  // VT-d: pgd
  shared<u64> mode;        // levels
  seqcount_t seqcount;     // AMD: of root and mode
  shared<u64> format;      // pt_format; set before anybody else sees it
};
IORACE_DESCRIBE(io_pgtable, "pgtable", root, mode, seqcount, format);

// Returns 0 or -ENOMEM.
int pgtable_alloc(io_pgtable* pgtable, u64 format);
// Frees the whole tree. Requires: no device can walk it any more.
void pgtable_free(io_pgtable* pgtable);

// IOVAs and sizes are in pages. Whoever maps and unmaps a range sees
// to it that nobody else does; neighbours may.
// Returns 0, -EINVAL beyond the space, -ENOMEM, or -EEXIST where something is mapped.
// Simplified: VT-d only logs the last one.
int pgtable_map(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory);
// Clears the entries. Returns how many pages were unmapped. Tables that hardware may still walk are
// put on `freelist`, to be freed after the invalidation that covers them.
u64 pgtable_unmap(io_pgtable* pgtable, u64 pfn, u64 pages, list_head* freelist);
// For invariants and for what nobody uses any more: no operation.
bool pgtable_is_empty(const io_pgtable* pgtable);
// Returns what is mapped at `pfn`, or null.
dma_page* pgtable_iova_to_phys(io_pgtable* pgtable, u64 pfn);

}  // namespace iorace::kern
