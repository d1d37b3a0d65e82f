// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An I/O page table: its root, and the functions that domains call. Two formats: VT-d's, whose tree
// has two levels from the start, and AMD's v1, whose tree grows at its root.
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#pragma once

#include "model/hw/io_table.h"
#include "scheduler/sync/seqcount.h"

namespace iorace::kern {

inline constexpr u64 vtd_levels = 2;
inline constexpr u64 amd_levels = 2;  // to begin with

struct io_pgtable {
  shared<io_table*> root;  // VT-d: pgd
  shared<u64> mode;        // levels
  seqcount_t seqcount;     // AMD: of root and mode
  shared<u64> grows;       // AMD's format; set before anybody else sees it
};
IORACE_DESCRIBE(io_pgtable, "pgtable", root, mode, seqcount, grows);

// Returns 0 or -ENOMEM. `grows`: AMD's format.
int pgtable_alloc(io_pgtable* pgtable, bool grows);
// Frees the whole tree. Requires: no device can walk it any more.
void pgtable_free(io_pgtable* pgtable);

// IOVAs and sizes are in bytes and multiples of the page size. Whoever maps and unmaps a range sees
// to it that nobody else does; neighbours may.
// Returns 0, -EINVAL beyond the space, -ENOMEM, or -EEXIST where something is mapped.
// Simplified: VT-d only logs the last one.
int pgtable_map(io_pgtable* pgtable, u64 iova, u64 size, dma_page* pages);
// Clears the entries. Returns how much was unmapped. Tables that hardware may still walk are put on
// `freelist`, to be freed after the invalidation that covers them.
u64 pgtable_unmap(io_pgtable* pgtable, u64 iova, u64 size, list_head* freelist);
// Returns what is mapped at `iova`, or null.
dma_page* pgtable_iova_to_phys(io_pgtable* pgtable, u64 iova);

}  // namespace iorace::kern
