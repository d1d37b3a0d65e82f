// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A container's mappings, from the first to the last. Kernel: drivers/vfio/vfio_iommu_type1.c
// @ 6.12.117. Omitted: nesting, dirty page tracking, reserved regions, huge page sizes.
// Simplified: the driver's part of a container lives as long as the container, with or without
// groups in it.
#include "model/vfio/type1/type1.h"

#include "model/vfio/type1/contracts.h"

namespace iorace::kern::type1 {

//                flag  excl  waits tells prep  its   all   closing file  change moves
static constexpr vaddr_era era_rows[VADDR_VALUES] = {
    /* excluded  */ {true, true, false, false, false, false, false, false, false, false, false},
    /* wait      */ {true, false, true, true, true, false, false, false, false, false, false},
    /* untold    */ {true, false, true, false, true, false, false, false, false, false, false},
    /* late      */ {true, false, true, true, false, false, false, false, false, false, false},
    /* wake_once */ {true, false, true, true, true, true, false, false, false, false, false},
    /* wake_all  */ {true, false, true, true, true, false, true, false, false, false, false},
    /* closing   */ {true, false, true, true, true, false, false, true, false, false, false},
    /* file      */ {true, false, false, false, false, false, false, false, true, false, true},
    /* change_mm */ {false, false, false, false, false, false, false, false, false, true, true},
    /* removed   */ {false, false, false, false, false, false, false, false, false, false, false},
    /* wait_left */ {true, true, true, true, true, false, false, false, false, false, false},
};
const vaddr_era& era() { return era_rows[chosen(knob::type1_vaddr)]; }

vfio_iommu* vfio_iommu_type1_open(u32 arg) {
  KFUNC();
  auto* const iommu = kzalloc<vfio_iommu>();
  if (iommu == nullptr) return ERR_PTR(-ENOMEM);
  if (arg != VFIO_TYPE1_IOMMU && arg != VFIO_TYPE1v2_IOMMU) {
    kfree(iommu);
    return ERR_PTR(-EINVAL);
  }
  iommu->v2 = arg == VFIO_TYPE1v2_IOMMU;
  INIT_LIST_HEAD(&iommu->domain_list);
  INIT_LIST_HEAD(&iommu->device_list);
  INIT_LIST_HEAD(&iommu->emulated_iommu_groups);
  iommu->dma_avail = static_cast<u32>(limit_value(limit::dma_entries));
  mutex_init(&iommu->lock);
  mutex_init(&iommu->device_list_lock);
  init_rwsem(&iommu->device_list_rwsem);
  init_waitqueue_head(&iommu->vaddr_wait);
  iommu->container_open = true;
  refcount_set(&iommu->kref, 1);
  CONTRACT(container_made, iommu);
  return iommu;
}

void vfio_iommu_type1_release(vfio_iommu* iommu) {
  KFUNC();
  vfio_iommu_unmap_unpin_all(iommu);
  kfree(iommu);
}

void unlock_iommu(vfio_iommu* iommu) {
  CONTRACT(iommu_lock_released, iommu);
  mutex_unlock(&iommu->lock);
}

vfio_dma* vfio_find_dma(vfio_iommu* iommu, unsigned long start, unsigned long size) {
  KFUNC();
  const unsigned long last = size == 0 ? start : start + size - 1;
  interval_tree_node* const node = interval_tree_iter_first(&iommu->dma_list, start, last);
  return node == nullptr ? nullptr : container_of(node, vfio_dma, node);
}

vfio_pfn* vfio_find_vpfn(vfio_dma* dma, unsigned long iova) {
  interval_tree_node* const node = interval_tree_iter_first(&dma->pfn_list, iova, iova);
  return node == nullptr ? nullptr : container_of(node, vfio_pfn, node);
}

void vfio_remove_dma(vfio_iommu* iommu, vfio_dma* dma) {
  KFUNC();
  WARN_ON(!RB_EMPTY_ROOT(&dma->pfn_list));
  vfio_unmap_unpin(iommu, dma, true);
  interval_tree_remove(&dma->node, &iommu->dma_list);
  user_task* const task = dma->task;
  put_user(task);
  mm_struct* const mm = dma->mm;
  mmdrop(mm);
  if (dma->vaddr_invalid) {
    iommu->vaddr_invalid_count--;
    if (era().waits) wake_up_all(&iommu->vaddr_wait);
  }
  kfree(dma);
  iommu->dma_avail++;
}

static vfio_dma* first_dma(vfio_iommu* iommu) {
  interval_tree_node* const node = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  return node == nullptr ? nullptr : container_of(node, vfio_dma, node);
}

void vfio_iommu_unmap_unpin_all(vfio_iommu* iommu) {
  KFUNC();
  for (vfio_dma* dma = first_dma(iommu); dma != nullptr; dma = first_dma(iommu))
    vfio_remove_dma(iommu, dma);
}

static long count_pfns(vfio_dma* dma) {
  long n = 0;
  interval_tree_node* p = interval_tree_iter_first(&dma->pfn_list, 0, ULONG_MAX);
  for (; p != nullptr; p = interval_tree_iter_next(p, 0, ULONG_MAX)) ++n;
  return n;
}

// The last domain goes: what drivers have pinned counts by itself from now on.
void vfio_iommu_unmap_unpin_reaccount(vfio_iommu* iommu) {
  KFUNC();
  PROBE(domain_reaccounted);
  interval_tree_node* n = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  for (; n != nullptr; n = interval_tree_iter_next(n, 0, ULONG_MAX)) {
    vfio_dma* const dma = container_of(n, vfio_dma, node);
    const long unlocked = vfio_unmap_unpin(iommu, dma, false);
    vfio_lock_acct(dma, count_pfns(dma) - unlocked, true);
  }
}

}  // namespace iorace::kern::type1
