// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An entry may go once a flush has ended that began after it was queued: fq_flush_start_cnt counts
// beginnings, fq_flush_finish_cnt ends, and an entry remembers the beginnings so far.
// Kernel: drivers/iommu/dma-iommu.c @ 6.12.117.
#include "model/hw/flush_queue.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

static bool may_go(u64 counter, u64 finished) {
  if (chosen(knob::fq_ring_free_compare) == COMPARE_GT) return counter <= finished;
  return counter < finished;
}

static void fq_ring_free_locked(dma_cookie* cookie, iova_fq* fq) {
  KFUNC();
  const auto finished = static_cast<u64>(atomic_read(&cookie->fq_flush_finish_cnt));
  u64 head = fq->head;
  const u64 tail = fq->tail;
  const u64 size = fq->size;
  iova_fq_entry* const entries = fq->entries;
  for (; head != tail; head = (head + 1) % size) {
    iova_fq_entry& entry = entries[head];
    if (!may_go(entry.counter, finished)) break;
    iommu_put_pages_list(&entry.freelist);
    const u64 pfn = entry.iova_pfn;
    const u64 pages = entry.pages;
    free_iova_fast(&cookie->iovad, pfn, pages);
    fq->head = (head + 1) % size;
    PROBE(fq_entry_freed);
  }
}

static void fq_ring_free(dma_cookie* cookie, iova_fq* fq) {
  KFUNC();
  spin_lock(&fq->lock);
  fq_ring_free_locked(cookie, fq);
  spin_unlock(&fq->lock);
}

static void fq_flush_iotlb(dma_cookie* cookie) {
  KFUNC();
  atomic_inc(&cookie->fq_flush_start_cnt);
  paging_domain* const domain = READ_ONCE(cookie->fq_domain);
  flush_iotlb_all(domain);
  atomic_inc(&cookie->fq_flush_finish_cnt);
}

static void fq_flush_timeout(timer_list* timer) {
  KFUNC();
  dma_cookie* const cookie = container_of(timer, dma_cookie, fq_timer);
  atomic_set(&cookie->fq_timer_on, 0);
  PROBE(fq_timed_out);
  fq_flush_iotlb(cookie);
  fq_ring_free(cookie, cookie->single_fq);
}

u64 queue_counter(dma_cookie* cookie) {
  const bool of_finish = chosen(knob::queue_iova_counter) == COUNTER_FINISH;
  const atomic_t* const counter =
      of_finish ? &cookie->fq_flush_finish_cnt : &cookie->fq_flush_start_cnt;
  return static_cast<u64>(atomic_read(counter));
}

void queue_iova(dma_cookie* cookie, u64 pfn, u64 pages, list_head* freelist, const u64* counter) {
  KFUNC();
  iova_fq* const fq = cookie->single_fq;
  BUG_ON(fq == nullptr);  // where the kernel would take an exception
  spin_lock(&fq->lock);
  fq_ring_free_locked(cookie, fq);
  const u64 size = fq->size;
  u64 tail = fq->tail;
  if ((tail + 1) % size == fq->head) {
    PROBE(fq_full);
    fq_flush_iotlb(cookie);
    fq_ring_free_locked(cookie, fq);
  }
  tail = fq->tail;
  fq->tail = (tail + 1) % size;
  iova_fq_entry* const entries = fq->entries;
  iova_fq_entry& entry = entries[tail];
  entry.iova_pfn = pfn;
  entry.pages = pages;
  entry.counter = counter != nullptr ? *counter : queue_counter(cookie);
  list_splice_init(freelist, &entry.freelist);
  spin_unlock(&fq->lock);
  if (atomic_read(&cookie->fq_timer_on) == 0 && atomic_xchg(&cookie->fq_timer_on, 1) == 0)
    mod_timer(&cookie->fq_timer, jiffies + 1);
}

static void iommu_dma_free_fq_single(iova_fq* fq) {
  KFUNC();
  const u64 size = fq->size;
  iova_fq_entry* const entries = fq->entries;
  const u64 tail = fq->tail;
  for (u64 i = fq->head; i != tail; i = (i + 1) % size) iommu_put_pages_list(&entries[i].freelist);
  kfree(entries);
  kfree(fq);
}

void iommu_dma_free_fq(dma_cookie* cookie) {
  KFUNC();
  if (READ_ONCE(cookie->fq_domain) == nullptr) return;
  if (!omit(knob::free_fq_timer, TIMER_LEFT_ARMED)) del_timer_sync(&cookie->fq_timer);
  iommu_dma_free_fq_single(cookie->single_fq);
}

static int iommu_dma_init_fq_single(dma_cookie* cookie) {
  KFUNC();
  const u64 size = limit_value(limit::fq_size);
  auto* const fq = kzalloc<iova_fq>();
  auto* const entries = fq == nullptr ? nullptr : kvcalloc<iova_fq_entry>(size);
  if (entries == nullptr) {
    kfree(fq);
    return -ENOMEM;
  }
  spin_lock_init(&fq->lock);
  for (u64 i = 0; i < size; ++i) INIT_LIST_HEAD(&entries[i].freelist);
  fq->size = size;
  fq->entries = entries;
  cookie->single_fq = fq;
  return 0;
}

static int set_up_fq(dma_cookie* cookie) {
  atomic_set(&cookie->fq_flush_start_cnt, 0);
  atomic_set(&cookie->fq_flush_finish_cnt, 0);
  const int rc = iommu_dma_init_fq_single(cookie);
  if (rc != 0) return rc;
  timer_setup(&cookie->fq_timer, fq_flush_timeout, 0);
  atomic_set(&cookie->fq_timer_on, 0);
  return 0;
}

// Simplified: the barrier before the queue is published is the order of a release.
int iommu_dma_init_fq(paging_domain* domain) {
  KFUNC();
  dma_cookie* const cookie = domain->iova_cookie;
  if (READ_ONCE(cookie->fq_domain) != nullptr) return 0;
  const bool early = chosen(knob::init_fq_publish) == PUBLISH_FIRST;
  if (early) smp_store_release(cookie->fq_domain, domain);
  const int rc = set_up_fq(cookie);
  if (rc == 0 && !early) smp_store_release(cookie->fq_domain, domain);
  return rc;
}

}  // namespace iorace::kern
