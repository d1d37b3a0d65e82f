// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The DMA API on top of a domain: IOVAs are allocated, and in lazy mode given back later. What was
// unmapped waits on the flush queue, until a flush of everything that began after the unmap has
// ended; until then the device may reach the memory, but neither is the IOVA used again nor are
// table pages freed.
// Simplified: one ring for all CPUs.
// Kernel: drivers/iommu/dma-iommu.c @ 6.12.117.
#pragma once

#include "model/hw/iova.h"
#include "model/hw/paging.h"
#include "scheduler/sync/timer.h"

namespace iorace::kern {

struct iova_fq_entry {
  list_head freelist;
  shared<u64> iova_pfn;
  shared<u64> pages;
  shared<u64> counter;
};
IORACE_DESCRIBE(iova_fq_entry, "fq_entry", freelist, iova_pfn, pages, counter);

struct iova_fq {
  spinlock_t lock;
  shared<u64> head, tail;
  shared<u64> size;
  shared<iova_fq_entry*> entries;
};
IORACE_DESCRIBE(iova_fq, "fq", lock, head, tail, size, entries);

struct dma_cookie {
  mutex lock;
  iova_domain iovad;
  atomic_t fq_flush_start_cnt;
  atomic_t fq_flush_finish_cnt;
  atomic_t fq_timer_on;
  shared<iova_fq*> single_fq;
  shared<paging_domain*> fq_domain;  // null: strict
  shared<paging_domain*> domain;
  timer_list fq_timer;
};
IORACE_DESCRIBE(dma_cookie, "cookie", lock, iovad, fq_flush_start_cnt, fq_flush_finish_cnt,
                fq_timer_on, single_fq, fq_domain, domain, fq_timer);

// Returns 0 or -ENOMEM.
int iommu_get_dma_cookie(paging_domain* domain);
// Does nothing if there is none.
void iommu_put_dma_cookie(paging_domain* domain);
// Returns 0 or -ENOMEM. Whoever comes second finds that it has been done.
int iommu_dma_init_domain(paging_domain* domain);
// Makes a strict domain lazy. Returns 0 or -ENOMEM.
int iommu_dma_init_fq(paging_domain* domain);

// Returns the IOVA, or 0 if there is no room or no memory.
u64 iommu_dma_map(paging_domain* domain, dma_page* pages, u64 size);
// Returns true iff the device cannot reach the memory any more.
bool iommu_dma_unmap(paging_domain* domain, u64 iova, u64 size);

}  // namespace iorace::kern
