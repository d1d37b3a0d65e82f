// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// I/O page tables in memory: trees of table pages, each an object with a lifetime of its own. What
// hardware and kernel read and write one after the other are the entries, one word each.
// Simplified: an entry is a pointer, to a table or to the memory that is mapped; a table page has
// four entries, so that a tree of two levels spans 16 pages of IOVA. No huge pages, no permissions.
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/list.h"

namespace iorace::kern {

inline constexpr unsigned pt_shift = 2;
inline constexpr unsigned pt_entries = 1u << pt_shift;
inline constexpr unsigned pt_levels_max = 3;
inline constexpr unsigned iova_pages_max = 1u << (pt_levels_max * pt_shift);

// One page of the machine's memory, the target of DMA.
struct dma_page {
  shared<u64> data;
};
IORACE_DESCRIBE(dma_page, "buffer", data);

struct io_table {
  list_head lru;  // on a list of tables that wait to be freed
  shared<void*> pte[pt_entries];
  shared<u64> level;              // 1: its entries are leaves; set before it is published
  shared<u64> stamp[pt_entries];  // ghost: when the entry was written last
};
IORACE_DESCRIBE(io_table, "table", lru, pte, level, stamp);

// The number of pages that a tree of so many levels spans.
constexpr u64 pt_span(u64 levels) { return u64{1} << (levels * pt_shift); }
constexpr unsigned pt_index(u64 pfn, u64 level) {
  return static_cast<unsigned>(pfn >> ((level - 1) * pt_shift)) & (pt_entries - 1);
}

// Returns an empty table, or null if the allocation fails. Does not sleep.
io_table* iommu_alloc_table(u64 level);
void iommu_free_table(io_table* table);
// An empty list of tables, on the stack of its task so to speak.
struct table_list {
  list_head head;
};
IORACE_DESCRIBE(table_list, "freelist", head);
list_head* make_freelist();
// Frees all tables of the list. Requires: hardware does not reach them any more.
void iommu_put_pages_list(list_head* freelist);

}  // namespace iorace::kern
