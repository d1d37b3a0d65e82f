// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#include "model/hw/io_pgtable.h"

#include "model/hw/amd_pgtable.h"
#include "model/hw/contracts.h"
#include "model/hw/vtd_pgtable.h"
#include "model/world.h"

namespace iorace::kern {

int pgtable_alloc(io_pgtable* pgtable, u64 format) {
  KFUNC();
  seqcount_init(&pgtable->seqcount);
  const u64 levels = pt_levels(format);
  io_table* const root = iommu_alloc_table(format, levels);
  if (root == nullptr) return -ENOMEM;
  pgtable->root = root;
  pgtable->mode = levels;
  pgtable->format = format;
  return 0;
}

void pgtable_free(io_pgtable* pgtable) {
  KFUNC();
  io_table* const root = pgtable->root;
  if (root == nullptr) return;
  CONTRACT(tree_freed, root);
  free_sub_pt(root);
  pgtable->root = nullptr;
}

static bool grows(const io_pgtable* pgtable) { return pgtable->format.peek() == PT_AMD_V1; }

static bool fits(const io_pgtable* pgtable, u64 pfn, u64 pages) {
  const u64 format = pgtable->format.peek();
  const u64 end = pt_span(format, pt_levels_grown(format));
  return pages != 0 && pfn < end && pages <= end - pfn;
}

int pgtable_map(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory) {
  if (!fits(pgtable, pfn, pages)) return -EINVAL;
  return grows(pgtable) ? iommu_v1_map_pages(pgtable, pfn, pages, memory)
                        : domain_mapping(pgtable, pfn, pages, memory);
}

u64 pgtable_unmap(io_pgtable* pgtable, u64 pfn, u64 pages, list_head* freelist) {
  if (!fits(pgtable, pfn, pages)) return 0;
  return grows(pgtable) ? iommu_v1_unmap_pages(pgtable, pfn, pages)
                        : domain_unmap(pgtable, pfn, pages, freelist);
}

static bool has_leaves(const io_table* table) {
  for (const shared<void*>& pte : pt_entries_of(table)) {
    const void* const below = pte.peek();
    if (below == nullptr) continue;
    if (table->level.peek() == 1 || has_leaves(static_cast<const io_table*>(below))) return true;
  }
  return false;
}

bool pgtable_is_empty(const io_pgtable* pgtable) { return !has_leaves(pgtable->root.peek()); }

dma_page* pgtable_iova_to_phys(io_pgtable* pgtable, u64 pfn) {
  if (!fits(pgtable, pfn, 1)) return nullptr;
  return grows(pgtable) ? iommu_v1_iova_to_phys(pgtable, pfn) : vtd_iova_to_phys(pgtable, pfn);
}

}  // namespace iorace::kern
