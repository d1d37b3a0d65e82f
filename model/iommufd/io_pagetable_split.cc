// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Splitting an area in two, for the compatibility with VFIO.
// Kernel: drivers/iommu/iommufd/io_pagetable.c:iopt_area_split, iopt_cut_iova @ 6.12.117.
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

// The two halves go on pointing at the same pages.
static void iopt_area_split_trees(iopt_area* area, iopt_area* lhs, iopt_area* rhs,
                                  unsigned long iova) {
  io_pagetable* const iopt = area->iopt;
  iopt_pages* const pages = area->pages;
  const unsigned long start_iova = iopt_area_iova(area);
  const unsigned long last_iova = iopt_area_last_iova(area);
  const int prot = area->iommu_prot;
  interval_tree_remove(&area->node, &iopt->area_itree);
  WARN_ON(iopt_insert_area(iopt, lhs, pages, start_iova, iopt_area_start_byte(area, start_iova),
                           iova - start_iova + 1, prot));
  WARN_ON(iopt_insert_area(iopt, rhs, pages, iova + 1, iopt_area_start_byte(area, iova + 1),
                           last_iova - iova, prot));
  iommu_domain* const storage = area->storage_domain;
  if (storage != nullptr) {
    interval_tree_remove(&area->pages_node, &pages->domains_itree);
    interval_tree_insert(&lhs->pages_node, &pages->domains_itree);
    interval_tree_insert(&rhs->pages_node, &pages->domains_itree);
  }
  CONTRACT(area_removed, area);
  lhs->storage_domain = storage;
  lhs->pages = pages;
  CONTRACT(area_published, lhs);
  rhs->storage_domain = storage;
  rhs->pages = pages;
  CONTRACT(area_published, rhs);
  refcount_inc(&pages->kref);
  CONTRACT(area_freed, area);
  kfree(area);
}

// `iova` becomes the last one of the first half.
// Simplified: inserting a half cannot fail once the checks have passed, so its unwind is left out;
// the WARN_ONs on it are there.
static int iopt_area_split(iopt_area* area, unsigned long iova) {
  KFUNC();
  io_pagetable* const iopt = area->iopt;
  iopt_pages* const pages = area->pages;
  const unsigned long alignment = iopt->iova_alignment;
  const unsigned long last_iova = iopt_area_last_iova(area);
  const unsigned long start_iova = iopt_area_iova(area);
  const unsigned long new_start = iova + 1;
  lockdep_assert_held_write(&iopt->iova_rwsem);
  if (iova == start_iova || iova == last_iova) return 0;
  if (pages == nullptr || area->prevent_access) return -EBUSY;
  if ((new_start & (alignment - 1)) != 0) return -EINVAL;
  if ((iopt_area_start_byte(area, new_start) & (alignment - 1)) != 0) return -EINVAL;

  iopt_area* const lhs = iopt_area_alloc();
  if (lhs == nullptr) return -ENOMEM;
  iopt_area* const rhs = iopt_area_alloc();
  if (rhs == nullptr) {
    kfree(lhs);
    return -ENOMEM;
  }
  mutex_lock(&pages->mutex);
  const u32 num_accesses = area->num_accesses;
  iommu_domain* const storage = area->storage_domain;
  if (num_accesses != 0 || (storage != nullptr && !iopt->disable_large_pages)) {
    mutex_unlock(&pages->mutex);
    kfree(rhs);
    kfree(lhs);
    return -EINVAL;
  }
  iopt_area_split_trees(area, lhs, rhs, iova);
  PROBE(area_split);
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
  return 0;
}

int iopt_cut_iova(io_pagetable* iopt, const unsigned long* iovas, unsigned num_iovas) {
  KFUNC();
  int rc = 0;
  down_write(&iopt->iova_rwsem);
  for (unsigned i = 0; i < num_iovas && rc == 0; ++i) {
    iopt_area* const area = iopt_area_iter_first(iopt, iovas[i], iovas[i]);
    if (area != nullptr) rc = iopt_area_split(area, iovas[i]);
  }
  up_write(&iopt->iova_rwsem);
  return rc;
}

}  // namespace iorace::kern
