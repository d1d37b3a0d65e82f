// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Pages that drivers pin by iova, and their copies. Kernel: drivers/vfio/vfio_iommu_type1.c
// @ 6.12.117; the look before the pins as in 6.1.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern::type1 {
namespace {

int vfio_pin_page_external(vfio_dma* dma, unsigned long offset, u32* pfn, bool do_accounting) {
  KFUNC();
  mm_struct* const mm = get_dma_mm(dma);
  if (mm == nullptr) {
    PROBE(owner_gone);
    return -ENODEV;
  }
  int ret = vaddr_get_pfn(dma, mm, offset, pfn);
  if (ret == 0 && do_accounting) {
    ret = vfio_lock_acct(dma, 1, false);
    if (ret != 0) put_pfn(*pfn);
  }
  mmput(mm);
  return ret;
}

int vfio_add_to_pfn_list(vfio_dma* dma, unsigned long iova, u32 pfn) {
  KFUNC();
  auto* const vpfn = kzalloc<vfio_pfn>();
  if (vpfn == nullptr) return -ENOMEM;
  vpfn->node.start = iova;
  vpfn->node.last = iova;
  vpfn->pfn = pfn;
  vpfn->ref_count = 1;
  interval_tree_insert(&vpfn->node, &dma->pfn_list);
  return 0;
}

void vfio_unpin_page_external(vfio_iommu* iommu, vfio_dma* dma, unsigned long iova,
                              bool do_accounting) {
  KFUNC();
  vfio_pfn* const vpfn = vfio_find_vpfn(dma, iova);
  if (vpfn == nullptr) return;
  CONTRACT(page_let_go, iommu, iova);
  vpfn->ref_count--;
  if (vpfn->ref_count != 0) return;
  const u32 pfn = vpfn->pfn;
  put_pfn(pfn);
  interval_tree_remove(&vpfn->node, &dma->pfn_list);
  kfree(vpfn);
  if (do_accounting) vfio_lock_acct(dma, -1, true);
}

int pin_new_page(vfio_dma* dma, unsigned long iova, bool do_accounting) {
  u32 pfn = 0;
  const unsigned long start = dma->iova;
  int ret = vfio_pin_page_external(dma, iova - start, &pfn, do_accounting);
  if (ret != 0) return ret;
  ret = vfio_add_to_pfn_list(dma, iova, pfn);
  if (ret == 0) return 0;
  put_pfn(pfn);
  if (do_accounting) vfio_lock_acct(dma, -1, true);
  return ret;
}

int pin_page(vfio_iommu* iommu, unsigned long iova, u32 prot, bool do_accounting) {
  vfio_dma* const dma = vfio_find_dma(iommu, iova, PAGE_SIZE);
  if (dma == nullptr) return -EINVAL;
  if ((dma->prot & prot) != prot) return -EPERM;
  vfio_pfn* const vpfn = vfio_find_vpfn(dma, iova);
  int ret = 0;
  if (vpfn != nullptr) {
    PROBE(pin_shared);
    vpfn->ref_count++;
  } else {
    ret = pin_new_page(dma, iova, do_accounting);
  }
  if (ret != 0) return ret;
  if (unmap_counts_pins()) dma->pins++;
  CONTRACT(page_held, iommu, iova);
  return 0;
}

// Before the lock is held for good: all pages of the request have their addresses, or had.
int wait_for_pages(vfio_iommu* iommu, mdev_device* device, unsigned long user_iova,
                   unsigned long npage) {
again:
  if (iommu->vaddr_invalid_count == 0) return 0;
  for (unsigned long i = 0; i < npage; ++i) {
    vfio_dma* dma = nullptr;
    const int ret = vfio_find_dma_valid(iommu, device, user_iova + i * PAGE_SIZE, &dma);
    if (ret < 0) return ret;
    if (ret == WAITED) goto again;
  }
  return 0;
}

int pin_pages_locked(vfio_iommu* iommu, mdev_device* device, unsigned long user_iova,
                     unsigned long npage, u32 prot) {
  if (era().excludes) {
    const u32 count = iommu->vaddr_invalid_count;
    if (WARN_ON(count != 0)) return -EBUSY;
  }
  if (era().waits) {
    const int ret = wait_for_pages(iommu, device, user_iova, npage);
    if (ret < 0) return ret;
  }
  if (list_empty(&iommu->device_list)) return -EINVAL;
  const bool do_accounting = list_empty(&iommu->domain_list);
  int ret = 0;
  unsigned long i = 0;
  for (; i < npage && ret == 0; i += ret == 0)
    ret = pin_page(iommu, user_iova + i * PAGE_SIZE, prot, do_accounting);
  if (ret == 0) return 0;
  PROBE(mdev_pin_unwound);
  for (unsigned long j = 0; j < i; ++j) {
    const unsigned long iova = user_iova + j * PAGE_SIZE;
    vfio_dma* const dma = vfio_find_dma(iommu, iova, PAGE_SIZE);
    vfio_unpin_page_external(iommu, dma, iova, do_accounting);
  }
  return ret;
}

}  // namespace

int vfio_iommu_type1_pin_pages(vfio_iommu* iommu, mdev_device* device, unsigned long user_iova,
                               unsigned long npage, u32 prot) {
  KFUNC();
  if (!iommu->v2) return -EACCES;
  mutex_lock(&iommu->lock);
  const int ret = pin_pages_locked(iommu, device, user_iova, npage, prot);
  unlock_iommu(iommu);
  return ret;
}

void vfio_iommu_type1_unpin_pages(vfio_iommu* iommu, unsigned long user_iova, unsigned long npage) {
  KFUNC();
  if (WARN_ON(!iommu->v2)) return;
  mutex_lock(&iommu->lock);
  const bool do_accounting = list_empty(&iommu->domain_list);
  unsigned long i = 0;
  for (; i < npage; ++i) {
    const unsigned long iova = user_iova + i * PAGE_SIZE;
    vfio_dma* const dma = vfio_find_dma(iommu, iova, PAGE_SIZE);
    if (dma == nullptr) break;
    vfio_unpin_page_external(iommu, dma, iova, do_accounting);
  }
  unlock_iommu(iommu);
  WARN_ON(i != npage);
}

// Copies as far as the mapping goes; returns how much, or an error. `current` is null for a thread
// of the kernel, which uses the memory of the mapping's process.
static long vfio_iommu_type1_dma_rw_chunk(vfio_iommu* iommu, mdev_device* device,
                                          mm_struct* current, unsigned long user_iova,
                                          unsigned long count, bool write) {
  KFUNC();
  vfio_dma* dma = vfio_find_dma(iommu, user_iova, 1);
  if (era().waits) {
    const int ret = vfio_find_dma_valid(iommu, device, user_iova, &dma);
    if (ret < 0) return ret;
  }
  if (dma == nullptr) return -EINVAL;
  const u32 prot = dma->prot;
  if ((write && (prot & IOMMU_WRITE) == 0) || (prot & IOMMU_READ) == 0) return -EPERM;
  mm_struct* const mm = get_dma_mm(dma);
  if (mm == nullptr) return -EPERM;
  bool copied = false;
  const unsigned long offset = user_iova - dma->iova;
  const unsigned long left = dma->size - offset;
  count = std::min(count, left);
  if (current == nullptr || current == mm) {
    if (!era().file) CONTRACT(vaddr_used, dma);
    copied = write ? copy_to_user("dma_rw") : copy_from_user("dma_rw");
    const unsigned long memory = mm->memory.peek();
    const unsigned long vaddr = era().file ? memory + dma->file_offset : dma->vaddr;
    copied = copied && vaddr >= memory &&
             user_range_ok(vaddr + offset - memory + user_memory_start, count);
  }
  mmput(mm);
  return copied ? static_cast<long>(count) : -EFAULT;
}

int vfio_iommu_type1_dma_rw(vfio_iommu* iommu, mdev_device* device, mm_struct* mm,
                            unsigned long user_iova, unsigned long count, bool write) {
  KFUNC();
  long done = 0;
  mutex_lock(&iommu->lock);
  if (era().excludes) {
    const u32 invalid = iommu->vaddr_invalid_count;
    if (WARN_ON(invalid != 0)) done = -EBUSY;
  }
  for (; count != 0 && done >= 0; count -= static_cast<unsigned long>(done)) {
    done = vfio_iommu_type1_dma_rw_chunk(iommu, device, mm, user_iova, count, write);
    if (done < 0) break;
    user_iova += static_cast<unsigned long>(done);
  }
  unlock_iommu(iommu);
  return done < 0 ? static_cast<int>(done) : 0;
}

}  // namespace iorace::kern::type1
