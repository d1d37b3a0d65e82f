// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#include "model/hw/amd_pgtable.h"

#include "model/hw/contracts.h"
#include "model/hw/paging.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Where a walk begins.
struct top {
  io_table* root;
  u64 mode;
};

// By the level that the walker takes it for.
shared<void*>& entry_of(io_table* table, u64 pfn, u64 level) {
  return table->pte[pt_index(PT_AMD_V1, level, pfn)];
}

// The level that an entry says its table has; of a table that is there it never changes.
u64 level_of(void* table) { return static_cast<io_table*>(table)->level.peek(); }

}  // namespace

static top read_top(const io_pgtable* pgtable) {
  if (omit(knob::increase_address_space_seqcount, SEQCOUNT_NONE)) {
    const u64 mode = READ_ONCE(pgtable->mode);
    return {READ_ONCE(pgtable->root), mode};
  }
  for (;;) {
    const unsigned start = read_seqcount_begin(&pgtable->seqcount);
    const u64 mode = READ_ONCE(pgtable->mode);
    io_table* const root = READ_ONCE(pgtable->root);
    if (!read_seqcount_retry(&pgtable->seqcount, start)) return {root, mode};
    PROBE(pgtable_grew_under_walk);
  }
}

static void set_top(io_pgtable* pgtable, io_table* root, u64 mode) {
  if (omit(knob::increase_address_space_seqcount, SEQCOUNT_NONE)) {
    WRITE_ONCE(pgtable->root, root);
    WRITE_ONCE(pgtable->mode, mode);
    return;
  }
  write_seqcount_begin(&pgtable->seqcount);
  WRITE_ONCE(pgtable->root, root);
  WRITE_ONCE(pgtable->mode, mode);
  write_seqcount_end(&pgtable->seqcount);
}

// Returns false if there is no memory. Simplified: a device reads the number of levels with the
// root, so that its table entry changes in one word.
static bool increase_address_space(io_pgtable* pgtable, u64 pfn) {
  KFUNC();
  paging_domain* const domain = container_of(pgtable, paging_domain, pgtable);
  io_table* table = iommu_alloc_table(PT_AMD_V1, 0);
  if (table == nullptr) return false;
  spin_lock(&domain->lock);
  const u64 mode = READ_ONCE(pgtable->mode);
  if (pfn >= pt_span(PT_AMD_V1, mode)) {
    table->level.poke(mode + 1);
    io_table* const root = READ_ONCE(pgtable->root);
    WRITE_ONCE(table->pte[0], root);
    set_top(pgtable, table, mode + 1);
    PROBE(pgtable_grew);
    amd_iommu_update_and_flush_device_table(domain);
    table = nullptr;
  }
  spin_unlock(&domain->lock);
  iommu_free_table(table);
  return true;
}

// The table that has the leaf of `pfn`, made if it is missing; null if there is no memory.
static io_table* alloc_pte(io_pgtable* pgtable, u64 pfn) {
  KFUNC();
  for (;;) {
    const u64 mode = READ_ONCE(pgtable->mode);
    if (pfn < pt_span(PT_AMD_V1, mode)) break;
    if (!increase_address_space(pgtable, pfn)) return nullptr;
  }
  const top t = read_top(pgtable);
  io_table* table = t.root;
  for (u64 level = t.mode; level > 1; --level) {
    shared<void*>& pte = entry_of(table, pfn, level);
    void* next = READ_ONCE(pte);
    if (next == nullptr) {
      io_table* const fresh = iommu_alloc_table(PT_AMD_V1, level - 1);
      if (fresh == nullptr) return nullptr;
      next = cmpxchg(pte, nullptr, fresh);
      if (next != nullptr)
        iommu_free_table(fresh);
      else
        next = fresh;
    }
    if (level_of(next) != level - 1) return nullptr;
    table = static_cast<io_table*>(next);
  }
  return table;
}

// The table that has the leaf of `pfn`; null if there is none, or if what is there does not fit the
// levels that were read.
static io_table* fetch_pte(io_pgtable* pgtable, u64 pfn) {
  KFUNC();
  const u64 mode = READ_ONCE(pgtable->mode);
  if (pfn >= pt_span(PT_AMD_V1, mode)) return nullptr;
  const top t = read_top(pgtable);
  io_table* table = t.root;
  for (u64 level = t.mode; level > 1; --level) {
    void* const next = READ_ONCE(entry_of(table, pfn, level));
    if (next == nullptr || level_of(next) != level - 1) return nullptr;
    table = static_cast<io_table*>(next);
  }
  return table;
}

int iommu_v1_map_pages(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory) {
  KFUNC();
  for (u64 i = 0; i < pages; ++i) {
    io_table* const table = alloc_pte(pgtable, pfn + i);
    if (table == nullptr) return -ENOMEM;
    WRITE_ONCE(entry_of(table, pfn + i, 1), memory + i);
    CONTRACT(leaf_written, memory + i);
  }
  return 0;
}

// Tables stay until the domain goes. Stops at the first page that is not there.
u64 iommu_v1_unmap_pages(io_pgtable* pgtable, u64 pfn, u64 pages) {
  KFUNC();
  for (u64 i = 0; i < pages; ++i) {
    io_table* const table = fetch_pte(pgtable, pfn + i);
    if (table == nullptr) return i;
    WRITE_ONCE(entry_of(table, pfn + i, 1), nullptr);
  }
  return pages;
}

dma_page* iommu_v1_iova_to_phys(io_pgtable* pgtable, u64 pfn) {
  io_table* const table = fetch_pte(pgtable, pfn);
  if (table == nullptr) return nullptr;
  return static_cast<dma_page*>(READ_ONCE(entry_of(table, pfn, 1)));
}

// Nobody puts anything there any more: what is not there needs no look.
void free_sub_pt(io_table* table) {
  KFUNC();
  if (table->level.peek() > 1)
    for (shared<void*>& pte : pt_entries_of(table))
      if (pte.peek() != nullptr) free_sub_pt(static_cast<io_table*>(READ_ONCE(pte)));
  kfree(table);
}

}  // namespace iorace::kern
