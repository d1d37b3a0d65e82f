// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// MAP_DMA: a new mapping, or a new address for one that has lost its own. Kernel:
// drivers/vfio/vfio_iommu_type1.c @ 6.12.117.
// Simplified: a mapping has its full range in the tree from the start; valid iovas are those that
// a domain's table reaches, if there is one.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {

static bool vfio_iommu_iova_dma_valid(vfio_iommu* iommu, unsigned long end) {
  return list_empty(&iommu->domain_list) || end < io_pages * PAGE_SIZE;
}

// The rest of the range is pinned and mapped once more, which finds out what is wrong with it.
static int vfio_pin_map_dma(vfio_iommu* iommu, vfio_dma* dma, mm_struct* mm,
                            unsigned long map_size) {
  KFUNC();
  int ret = 0;
  unsigned long size = map_size;
  while (size != 0) {
    const unsigned long done = dma->size;
    const unsigned long iova = dma->iova + done;
    u32 pfn = 0;
    const long npage = vfio_pin_pages_remote(dma, mm, done, size >> PAGE_SHIFT, &pfn);
    if (npage <= 0) {
      WARN_ON(npage == 0);
      ret = static_cast<int>(npage);
      break;
    }
    ret = vfio_iommu_map(iommu, iova, pfn, static_cast<unsigned long>(npage));
    if (ret != 0) {
      vfio_unpin_pages_remote(dma, iova, pfn, static_cast<unsigned long>(npage), true, nullptr);
      break;
    }
    size -= static_cast<unsigned long>(npage) << PAGE_SHIFT;
    dma->size = done + (static_cast<unsigned long>(npage) << PAGE_SHIFT);
  }
  dma->iommu_mapped = true;
  if (ret == 0) return 0;
  PROBE(dma_map_unwound);
  vfio_remove_dma(iommu, dma);
  return ret;
}

static int set_vaddr(vfio_iommu* iommu, vfio_dma* dma, user_task* task, mm_struct* mm,
                     const dma_map_request& map) {
  KFUNC();
  if (dma == nullptr) return -ENOENT;
  if (!dma->vaddr_invalid) return -EINVAL;
  if (dma->iova != map.iova || dma->size != map.size) return -EINVAL;
  const int ret = vfio_change_dma_owner(dma, task, mm);
  if (ret != 0) return ret;
  dma->vaddr = map.vaddr;
  dma->vaddr_invalid = false;
  iommu->vaddr_invalid_count--;
  if (era().waits) wake_up_all(&iommu->vaddr_wait);
  return 0;
}

static int new_dma(vfio_iommu* iommu, user_task* task, mm_struct* mm, const dma_map_request& map) {
  if (iommu->dma_avail == 0) return -ENOSPC;
  if (!vfio_iommu_iova_dma_valid(iommu, map.iova + map.size - 1)) return -EINVAL;
  auto* const dma = kzalloc<vfio_dma>();
  if (dma == nullptr) return -ENOMEM;
  iommu->dma_avail--;
  dma->iova = map.iova;
  dma->vaddr = map.vaddr;
  dma->prot = map.flags & (IOMMU_READ | IOMMU_WRITE);
  refcount_inc(&task->usage);
  dma->task = task;
  dma->mm = mm;
  mmgrab(mm);
  if (era().file) dma->file_offset = map.vaddr - mm->memory;
  dma->node.start = map.iova;
  dma->node.last = map.iova + map.size - 1;
  interval_tree_insert(&dma->node, &iommu->dma_list);
  if (!list_empty(&iommu->domain_list)) return vfio_pin_map_dma(iommu, dma, mm, map.size);
  dma->size = map.size;
  return 0;
}

static int map_locked(vfio_iommu* iommu, user_task* task, mm_struct* mm,
                      const dma_map_request& map) {
  if (map.size == 0 || (map.size | map.iova | map.vaddr) % PAGE_SIZE != 0) return -EINVAL;
  if (map.iova + map.size - 1 < map.iova || map.vaddr + map.size - 1 < map.vaddr) return -EINVAL;
  vfio_dma* const dma = vfio_find_dma(iommu, map.iova, map.size);
  if ((map.flags & VFIO_DMA_MAP_FLAG_VADDR) != 0) return set_vaddr(iommu, dma, task, mm, map);
  if (dma != nullptr) return -EEXIST;
  return new_dma(iommu, task, mm, map);
}

int vfio_dma_do_map(vfio_iommu* iommu, user_task* task, mm_struct* mm, const dma_map_request& map) {
  KFUNC();
  const u32 known = IOMMU_READ | IOMMU_WRITE | (era().flag ? u32{VFIO_DMA_MAP_FLAG_VADDR} : 0);
  if ((map.flags & ~known) != 0) return -EINVAL;
  const bool prot = (map.flags & (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) != 0;
  if (prot == ((map.flags & VFIO_DMA_MAP_FLAG_VADDR) != 0)) return -EINVAL;
  mutex_lock(&iommu->lock);
  const int ret = map_locked(iommu, task, mm, map);
  unlock_iommu(iommu);
  return ret;
}

// Proposed beside the flag and instead of it: all mappings belong to the caller from now on, who
// has the same memory at the same addresses. On an error the first ones have moved already.
int vfio_iommu_change_mm(vfio_iommu* iommu, user_task* task, mm_struct* mm) {
  KFUNC();
  if (!era().change_mm) return -ENOTTY;
  int ret = 0;
  mutex_lock(&iommu->lock);
  interval_tree_node* n = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  for (; n != nullptr && ret == 0; n = interval_tree_iter_next(n, 0, ULONG_MAX))
    ret = vfio_change_dma_owner(container_of(n, vfio_dma, node), task, mm);
  unlock_iommu(iommu);
  return ret;
}

}  // namespace iorace::kern::type1
