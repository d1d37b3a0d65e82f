// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/dma-iommu.c @ 6.12.117.
#include "model/hw/dma_iommu.h"

#include "model/critical_section.h"
#include "model/hw/contracts.h"
#include "model/hw/flush_queue.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum put_step : u8 { free_queue, free_space };
constexpr put_step put_rows[][2] = {
    {free_queue, free_space},  // PUT_QUEUE_FIRST
    {free_space, free_queue},  // PUT_SPACE_FIRST
};

enum unmap_step : u8 { clear_entries, read_counter, leave_counter };
constexpr unmap_step unmap_rows[][2] = {
    {clear_entries, leave_counter},  // BARRIER_FULL: queue_iova reads it
    {read_counter, clear_entries},   // BARRIER_MISSING
};

enum init_site { before_look, after_init };
constexpr cs_row init_rows[] = {
    {lock_kind::mutex, on(before_look), on(after_init)},  // INIT_COOKIE_MUTEX
    {lock_kind::none, on(), on()},                        // INIT_UNLOCKED
};

}  // namespace

int iommu_get_dma_cookie(paging_domain* domain) {
  KFUNC();
  auto* const cookie = kzalloc<dma_cookie>();
  if (cookie == nullptr) return -ENOMEM;
  mutex_init(&cookie->lock);
  cookie->domain = domain;
  domain->iova_cookie = cookie;
  return 0;
}

void iommu_put_dma_cookie(paging_domain* domain) {
  KFUNC();
  dma_cookie* const cookie = domain->iova_cookie;
  if (cookie == nullptr) return;
  if (cookie->iovad.start_pfn != 0)
    for (const put_step step : put_rows[chosen(knob::put_cookie_order)]) {
      if (step == free_queue) iommu_dma_free_fq(cookie);
      if (step == free_space) put_iova_domain(&cookie->iovad);
    }
  kfree(cookie);
  domain->iova_cookie = nullptr;
}

// A queue that there is no memory for leaves the domain strict.
int iommu_dma_init_domain(paging_domain* domain) {
  KFUNC();
  dma_cookie* const cookie = domain->iova_cookie;
  critical_section cs(init_rows[chosen(knob::init_domain_lock)], {.sleeping = &cookie->lock});
  cs.at(before_look);
  int rc = 0;
  if (cookie->iovad.start_pfn == 0) {
    init_iova_domain(&cookie->iovad);
    rc = iova_domain_init_rcaches(&cookie->iovad);
    if (rc != 0 && !omit(knob::init_domain_failed, FAILED_INITIALISED)) cookie->iovad.start_pfn = 0;
    if (rc == 0 && domain->type == DOMAIN_DMA_FQ && iommu_dma_init_fq(domain) != 0)
      domain->type = DOMAIN_DMA;
  } else {
    PROBE(init_domain_again);
  }
  cs.at(after_init);
  return rc;
}

u64 iommu_dma_map(paging_domain* domain, dma_page* pages, u64 size) {
  KFUNC();
  dma_cookie* const cookie = domain->iova_cookie;
  const u64 format = domain->pgtable.format.peek();
  const u64 n = size / PAGE_SIZE;
  const u64 limit_pfn = pt_span(format, pt_levels_grown(format)) - 1;
  const u64 pfn = alloc_iova_fast(&cookie->iovad, n, limit_pfn, true);
  if (pfn == 0) return 0;
  CONTRACT(iova_allocated, domain, pfn, n);
  if (pgtable_map(&domain->pgtable, pfn, n, pages) != 0) {
    unmap_strict(domain, pfn, n);
    free_iova_fast(&cookie->iovad, pfn, n);
    return 0;
  }
  return pfn * PAGE_SIZE;
}

// Whether to queue is looked up before anything is cleared: the domain may become lazy meanwhile.
bool iommu_dma_unmap(paging_domain* domain, u64 iova, u64 size) {
  KFUNC();
  const u64 pfn = iova / PAGE_SIZE;
  const u64 pages = size / PAGE_SIZE;
  dma_cookie* const cookie = domain->iova_cookie;
  iotlb_gather gather;
  iotlb_gather_init(&gather);
  gather.queued = smp_load_acquire(cookie->fq_domain) != nullptr;
  u64 counter = 0;
  u64 unmapped = 0;
  bool early = false;
  for (const unmap_step step : unmap_rows[chosen(knob::queue_iova_barrier)]) {
    if (step == read_counter && gather.queued) {
      counter = queue_counter(cookie);
      early = true;
    }
    if (step == clear_entries) unmapped = unmap_fast(domain, pfn, pages, &gather);
  }
  WARN_ON(unmapped != pages);
  if (gather.queued) {
    PROBE(fq_queued);
    queue_iova(cookie, pfn, pages, gather.freelist, early ? &counter : nullptr);
  } else {
    iotlb_sync(domain, &gather);
    free_iova_fast(&cookie->iovad, pfn, pages);
  }
  return !gather.queued;
}

}  // namespace iorace::kern
