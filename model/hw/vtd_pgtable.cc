// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#include "model/hw/vtd_pgtable.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

shared<void*>& entry_of(io_table* table, u64 pfn, u64 level) {
  return table->pte[pt_index(pfn, level)];
}

}  // namespace

// The table that has the leaf of `pfn`. Makes the tables that are missing if `alloc`, else returns
// null if one is.
static io_table* pfn_to_dma_pte(io_pgtable* pgtable, u64 pfn, bool alloc) {
  KFUNC();
  io_table* parent = pgtable->root;
  for (u64 level = vtd_levels; level > 1; --level) {
    shared<void*>& pte = entry_of(parent, pfn, level);
    void* next = READ_ONCE(pte);
    if (next == nullptr) {
      if (!alloc) return nullptr;
      io_table* const fresh = iommu_alloc_table(level - 1);
      if (fresh == nullptr) return nullptr;
      next = cmpxchg(pte, nullptr, fresh);
      if (next != nullptr)
        iommu_free_table(fresh);  // somebody else was faster
      else
        next = fresh;
    }
    parent = static_cast<io_table*>(next);
  }
  return parent;
}

// Simplified: what was mapped before an allocation failed stays, and the caller unmaps it.
int domain_mapping(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory) {
  KFUNC();
  for (u64 i = 0; i < pages; ++i) {
    io_table* const table = pfn_to_dma_pte(pgtable, pfn + i, true);
    if (table == nullptr) return -ENOMEM;
    shared<void*>& pte = entry_of(table, pfn + i, 1);
    void* const old = cmpxchg(pte, nullptr, memory + i);
    if (old != nullptr) return -EEXIST;
    CONTRACT(pte_written, table, pt_index(pfn + i, 1));
  }
  return 0;
}

// Neither the entries of a table that goes nor those that point to tables below it are cleared:
// hardware may still be in them.
static void dma_pte_clear_level(u64 level, io_table* table, u64 pfn, u64 first, u64 last,
                                list_head* freelist) {
  KFUNC();
  for (u64 at = std::max(pfn, first); at <= last;) {
    const u64 level_pfn = at & ~(pt_span(level - 1) - 1);
    const u64 level_last = level_pfn + pt_span(level - 1) - 1;
    shared<void*>& pte = entry_of(table, at, level);
    void* const below = READ_ONCE(pte);
    if (below != nullptr && first <= level_pfn && last >= level_last) {
      if (level > 1) list_add_tail(&static_cast<io_table*>(below)->lru, freelist);
      WRITE_ONCE(pte, nullptr);
      CONTRACT(pte_written, table, pt_index(at, level));
    } else if (below != nullptr) {
      dma_pte_clear_level(level - 1, static_cast<io_table*>(below), level_pfn, first, last,
                          freelist);
    }
    at = level_last + 1;
    if (pt_index(at, level) == 0) break;
  }
}

u64 domain_unmap(io_pgtable* pgtable, u64 pfn, u64 pages, list_head* freelist) {
  KFUNC();
  io_table* const root = pgtable->root;
  dma_pte_clear_level(vtd_levels, root, 0, pfn, pfn + pages - 1, freelist);
  return pages;
}

dma_page* vtd_iova_to_phys(io_pgtable* pgtable, u64 pfn) {
  io_table* const table = pfn_to_dma_pte(pgtable, pfn, false);
  if (table == nullptr) return nullptr;
  return static_cast<dma_page*>(READ_ONCE(entry_of(table, pfn, 1)));
}

}  // namespace iorace::kern
