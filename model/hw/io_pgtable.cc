// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#include "model/hw/io_pgtable.h"

#include "model/hw/amd_pgtable.h"
#include "model/hw/contracts.h"
#include "model/hw/vtd_pgtable.h"
#include "model/world.h"

namespace iorace::kern {

int pgtable_alloc(io_pgtable* pgtable, bool grows) {
  KFUNC();
  seqcount_init(&pgtable->seqcount);
  const u64 levels = grows ? amd_levels : vtd_levels;
  io_table* const root = iommu_alloc_table(levels);
  if (root == nullptr) return -ENOMEM;
  pgtable->root = root;
  pgtable->mode = levels;
  pgtable->grows = grows;
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

static bool fits(const io_pgtable* pgtable, u64 iova, u64 size) {
  const u64 levels = pgtable->grows.peek() != 0 ? pt_levels_max : vtd_levels;
  const u64 end = pt_span(levels) * PAGE_SIZE;
  return size != 0 && iova < end && size <= end - iova && (iova | size) % PAGE_SIZE == 0;
}

int pgtable_map(io_pgtable* pgtable, u64 iova, u64 size, dma_page* pages) {
  if (!fits(pgtable, iova, size)) return -EINVAL;
  const u64 pfn = iova / PAGE_SIZE;
  const u64 n = size / PAGE_SIZE;
  return pgtable->grows.peek() != 0 ? iommu_v1_map_pages(pgtable, pfn, n, pages)
                                    : domain_mapping(pgtable, pfn, n, pages);
}

u64 pgtable_unmap(io_pgtable* pgtable, u64 iova, u64 size, list_head* freelist) {
  if (!fits(pgtable, iova, size)) return 0;
  const u64 pfn = iova / PAGE_SIZE;
  const u64 n = size / PAGE_SIZE;
  const u64 done = pgtable->grows.peek() != 0 ? iommu_v1_unmap_pages(pgtable, pfn, n)
                                              : domain_unmap(pgtable, pfn, n, freelist);
  return done * PAGE_SIZE;
}

dma_page* pgtable_iova_to_phys(io_pgtable* pgtable, u64 iova) {
  if (!fits(pgtable, ALIGN_DOWN(iova, PAGE_SIZE), PAGE_SIZE)) return nullptr;
  const u64 pfn = iova / PAGE_SIZE;
  return pgtable->grows.peek() != 0 ? iommu_v1_iova_to_phys(pgtable, pfn)
                                    : vtd_iova_to_phys(pgtable, pfn);
}

}  // namespace iorace::kern
