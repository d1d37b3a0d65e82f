// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What devices with an iommu see of the mappings. Kernel: drivers/vfio/vfio_iommu_type1.c
// @ 6.12.117. Simplified: a domain is one table of pages and one cache that a sync empties; a
// mapping that is unmapped is one region, whose allocation does not fail.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {

int iommu_map(vfio_domain* d, unsigned long iova, unsigned long pfn, unsigned long npage) {
  KFUNC();
  if (inject_fault("iommu_map")) return -ENOMEM;
  const unsigned long first = iova >> PAGE_SHIFT;
  for (unsigned long i = 0; i < npage; ++i) {
    d->pte[first + i] = static_cast<u32>(pfn + i + 1);
    d->iotlb[first + i] = static_cast<u32>(pfn + i + 1);
  }
  return 0;
}

static void iommu_unmap_fast(vfio_domain* d, unsigned long iova, unsigned long npage) {
  KFUNC();
  for (unsigned long i = 0; i < npage; ++i) d->pte[(iova >> PAGE_SHIFT) + i] = 0;
}

static void iommu_iotlb_sync(vfio_domain* d, unsigned long iova, unsigned long npage) {
  KFUNC();
  for (unsigned long i = 0; i < npage; ++i) d->iotlb[(iova >> PAGE_SHIFT) + i] = 0;
}

void iommu_unmap(vfio_domain* d, unsigned long iova, unsigned long npage) {
  KFUNC();
  iommu_unmap_fast(d, iova, npage);
  iommu_iotlb_sync(d, iova, npage);
}

long iommu_iova_to_pfn(vfio_domain* d, unsigned long iova) {
  const u32 pte = d->pte[iova >> PAGE_SHIFT];
  return static_cast<long>(pte) - 1;
}

int vfio_iommu_map(vfio_iommu* iommu, unsigned long iova, unsigned long pfn, unsigned long npage) {
  KFUNC();
  vfio_domain* d = nullptr;
  vfio_domain* failed = nullptr;
  int ret = 0;
  list_for_each_entry(d, &iommu->domain_list, next) {
    ret = iommu_map(d, iova, pfn, npage);
    if (ret == 0) continue;
    failed = d;
    break;
  }
  if (ret == 0) return 0;
  list_for_each_entry(d, &iommu->domain_list, next) {
    if (d == failed) break;
    iommu_unmap(d, iova, npage);
  }
  return ret;
}

enum sync_site : unsigned { before_unpin, after_unpin };
static constexpr sync_site sync_rows[] = {before_unpin, after_unpin};

// The first domain has the page numbers. All others are unmapped before; no translation is left
// when the pages are unpinned.
long vfio_unmap_unpin(vfio_iommu* iommu, vfio_dma* dma, bool do_accounting) {
  KFUNC();
  const unsigned long size = dma->size;
  if (size == 0 || list_empty(&iommu->domain_list)) return 0;
  const unsigned long iova = dma->iova;
  const unsigned long npage = size >> PAGE_SHIFT;
  vfio_domain* const domain = list_first_entry(&iommu->domain_list, vfio_domain, next);
  vfio_domain* d = domain;
  for (d = list_next_entry(d, next); &d->next != &iommu->domain_list; d = list_next_entry(d, next))
    iommu_unmap(d, iova, npage);
  const long pfn = iommu_iova_to_pfn(domain, iova);
  long unlocked = 0;
  if (WARN_ON(pfn < 0)) return 0;
  const sync_site sync = sync_rows[chosen(knob::unmap_unpin_sync)];
  iommu_unmap_fast(domain, iova, npage);
  dma->iommu_mapped = false;
  if (sync == before_unpin) iommu_iotlb_sync(domain, iova, npage);
  vfio_unpin_pages_remote(dma, iova, static_cast<unsigned long>(pfn), npage, false, &unlocked);
  if (sync == after_unpin) iommu_iotlb_sync(domain, iova, npage);
  if (!do_accounting) return unlocked;
  vfio_lock_acct(dma, -unlocked, true);
  return 0;
}

// Returns the first page from `offset` on, which is pinned if it was not, and in `npage` how many
// follow it. Negative: an error.
static long run_for_replay(vfio_domain* d, vfio_dma* dma, mm_struct* mm, unsigned long offset,
                           unsigned long* npage) {
  if (dma->iommu_mapped) {
    if (WARN_ON(d == nullptr)) return -EINVAL;
    return iommu_iova_to_pfn(d, dma->iova + offset);
  }
  u32 pfn = 0;
  const long pinned = vfio_pin_pages_remote(dma, mm, offset, *npage, &pfn);
  if (pinned < 0) return pinned;
  *npage = static_cast<unsigned long>(pinned);
  return pfn;
}

static int replay_dma(vfio_domain* d, vfio_domain* domain, vfio_dma* dma, mm_struct* mm) {
  const unsigned long iova = dma->iova;
  const unsigned long size = dma->size;
  if (size > io_pages << PAGE_SHIFT || iova > (io_pages << PAGE_SHIFT) - size) return -EINVAL;
  for (unsigned long offset = 0; offset < size;) {
    unsigned long npage = (size - offset) >> PAGE_SHIFT;
    const long pfn = run_for_replay(d, dma, mm, offset, &npage);
    if (pfn < 0) return static_cast<int>(pfn);
    const auto first = static_cast<unsigned long>(pfn);
    const int ret = iommu_map(domain, iova + offset, first, npage);
    if (ret != 0) {
      if (!dma->iommu_mapped)
        vfio_unpin_pages_remote(dma, iova + offset, first, npage, true, nullptr);
      return ret;
    }
    offset += npage << PAGE_SHIFT;
  }
  return 0;
}

// What has been mapped of it, from its beginning on.
static unsigned long mapped_of(vfio_domain* domain, unsigned long iova, unsigned long npage) {
  unsigned long n = 0;
  if ((iova >> PAGE_SHIFT) + npage > io_pages) return 0;
  while (n < npage && iommu_iova_to_pfn(domain, iova + (n << PAGE_SHIFT)) >= 0) ++n;
  return n;
}

// The last one may have failed half-way.
static void unwind_replay(vfio_iommu* iommu, vfio_domain* domain, const interval_tree_node* last) {
  PROBE(replay_unwound);
  interval_tree_node* n = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  for (; n != nullptr; n = interval_tree_iter_next(n, 0, ULONG_MAX)) {
    vfio_dma* const dma = container_of(n, vfio_dma, node);
    const unsigned long iova = dma->iova;
    const unsigned long npage = mapped_of(domain, iova, dma->size >> PAGE_SHIFT);
    if (npage != 0) {
      const long pfn = iommu_iova_to_pfn(domain, iova);
      iommu_unmap(domain, iova, npage);
      if (!dma->iommu_mapped)
        vfio_unpin_pages_remote(dma, iova, static_cast<unsigned long>(pfn), npage, true, nullptr);
    }
    if (n == last) return;
  }
}

// Maps all that there is into a new domain.
int vfio_iommu_replay(vfio_iommu* iommu, vfio_domain* domain, mm_struct* mm) {
  KFUNC();
  if (era().waits) {
    const int waited = vfio_wait_all_valid(iommu);
    if (waited < 0) return waited;
  }
  vfio_domain* const d = list_first_entry_or_null(&iommu->domain_list, vfio_domain, next);
  interval_tree_node* n = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  for (; n != nullptr; n = interval_tree_iter_next(n, 0, ULONG_MAX)) {
    const int ret = replay_dma(d, domain, container_of(n, vfio_dma, node), mm);
    if (ret == 0) continue;
    unwind_replay(iommu, domain, n);
    return ret;
  }
  n = interval_tree_iter_first(&iommu->dma_list, 0, ULONG_MAX);
  for (; n != nullptr; n = interval_tree_iter_next(n, 0, ULONG_MAX))
    container_of(n, vfio_dma, node)->iommu_mapped = true;
  return 0;
}

}  // namespace iorace::kern::type1
