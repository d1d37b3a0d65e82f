// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// I/O page tables in memory: trees of table pages, each an object with a lifetime of its own. What
// hardware and kernel read and write one after the other are the entries, one word each.
// Simplified: an entry is a pointer, to a table or to the memory that is mapped; table pages are
// small, those with the leaves have four entries. No huge pages, no permissions.
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#pragma once

#include <span>

#include "model/kernel.h"
#include "model/mm/dma_page.h"
#include "scheduler/sync/list.h"

namespace iorace::kern {

inline constexpr unsigned pt_entries = 4;       // of a table with leaves
inline constexpr unsigned pt_entries_max = 64;  // of any table
inline constexpr unsigned pt_levels_max = 4;

// Which bits of the number of a page of IOVA choose an entry.
struct pt_level {
  u8 shift, bits;
};
enum pt_format : u64 {
  PT_VTD,     // two levels
  PT_AMD_V1,  // two levels to begin with, at most three
  PT_MOCK,    // four levels: all of the mock's aperture
};
inline constexpr pt_level pt_formats[][pt_levels_max] = {
    {{0, 2}, {2, 2}},
    {{0, 2}, {2, 2}, {4, 2}},
    {{0, 2}, {2, 6}, {8, 6}, {14, 6}},
};

struct io_table {
  list_head lru;  // on a list of tables that wait to be freed
  shared<void*> pte[pt_entries_max];
  // Set before the table is published. Of level 1 its entries are leaves.
  shared<u64> level;
  shared<u64> format;
};
IORACE_DESCRIBE(io_table, "table", lru, pte, level, format);

// The number of pages that a tree of so many levels spans.
constexpr u64 pt_span(u64 format, u64 levels) {
  const pt_level& top = pt_formats[format][levels - 1];
  return u64{1} << (top.shift + top.bits);
}
constexpr unsigned pt_index(u64 format, u64 level, u64 pfn) {
  const pt_level& bits = pt_formats[format][level - 1];
  return static_cast<unsigned>(pfn >> bits.shift) & ((1u << bits.bits) - 1);
}
inline pt_level pt_level_of(const io_table* table) {
  return pt_formats[table->format.peek()][table->level.peek() - 1];
}
// Its entries: as many as its level has. Of a table that is alive.
inline std::span<shared<void*>> pt_entries_of(io_table* table) {
  return std::span(table->pte).first(1u << pt_level_of(table).bits);
}
inline std::span<const shared<void*>> pt_entries_of(const io_table* table) {
  return std::span(table->pte).first(1u << pt_level_of(table).bits);
}
inline unsigned pt_index(const io_table* table, u64 pfn) {
  return pt_index(table->format.peek(), table->level.peek(), pfn);
}
inline shared<void*>& pt_entry(io_table* table, u64 pfn) {
  return table->pte[pt_index(table, pfn)];
}

// Returns an empty table, or null if the allocation fails. Does not sleep.
io_table* iommu_alloc_table(u64 format, u64 level);
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
