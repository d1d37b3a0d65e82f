// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#include "model/hw/vtd_pgtable.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
// The table that has the leaf of `pfn`. Makes the tables that are missing if `alloc`, else returns
// null if one is.
static io_table* pfn_to_dma_pte(io_pgtable* pgtable, u64 pfn, bool alloc) {
  KFUNC();
  io_table* parent = pgtable->root;
  for (u64 level = parent->level.peek(); level > 1; --level) {
    shared<void*>& pte = parent->pte[pt_index(pgtable->format.peek(), level, pfn)];
    void* next = READ_ONCE(pte);
    if (next == nullptr) {
      if (!alloc) return nullptr;
      io_table* const fresh = iommu_alloc_table(pgtable->format.peek(), level - 1);
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
    shared<void*>& pte = pt_entry(table, pfn + i);
    void* const old = cmpxchg(pte, nullptr, memory + i);
    if (old != nullptr) return -EEXIST;
    CONTRACT(leaf_written, memory + i);
  }
  return 0;
}

// The table and all below it. What is not there needs no look: nobody puts it there any more.
static void dma_pte_list_pagetables(io_table* table, list_head* freelist) {
  list_add_tail(&table->lru, freelist);
  if (table->level.peek() == 1) return;
  for (shared<void*>& pte : pt_entries_of(table))
    if (pte.peek() != nullptr)
      dma_pte_list_pagetables(static_cast<io_table*>(READ_ONCE(pte)), freelist);
}

// Neither the entries of a table that goes nor those that point to tables below it are cleared:
// hardware may still be in them.
static void dma_pte_clear_level(io_table* table, u64 pfn, u64 first, u64 last,
                                list_head* freelist) {
  KFUNC();
  const u64 level = table->level.peek();
  const u64 span = u64{1} << pt_level_of(table).shift;  // of one entry
  for (u64 at = std::max(pfn, first); at <= last;) {
    const u64 level_pfn = at & ~(span - 1);
    const u64 level_last = level_pfn + span - 1;
    shared<void*>& pte = pt_entry(table, at);
    void* const below = READ_ONCE(pte);
    if (below != nullptr && first <= level_pfn && last >= level_last) {
      if (level > 1) dma_pte_list_pagetables(static_cast<io_table*>(below), freelist);
      WRITE_ONCE(pte, nullptr);
    } else if (below != nullptr) {
      dma_pte_clear_level(static_cast<io_table*>(below), level_pfn, first, last, freelist);
    }
    at = level_last + 1;
    if (pt_index(table, at) == 0) break;
  }
}

u64 domain_unmap(io_pgtable* pgtable, u64 pfn, u64 pages, list_head* freelist) {
  KFUNC();
  io_table* const root = pgtable->root;
  dma_pte_clear_level(root, 0, pfn, pfn + pages - 1, freelist);
  return pages;
}

dma_page* vtd_iova_to_phys(io_pgtable* pgtable, u64 pfn) {
  io_table* const table = pfn_to_dma_pte(pgtable, pfn, false);
  if (table == nullptr) return nullptr;
  return static_cast<dma_page*>(READ_ONCE(pt_entry(table, pfn)));
}

}  // namespace iorace::kern
