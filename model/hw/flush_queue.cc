// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An entry may go once a flush has ended that began after it was queued: fq_flush_start_cnt counts
// beginnings, fq_flush_finish_cnt ends, and an entry remembers the beginnings so far.
// Kernel: drivers/iommu/dma-iommu.c @ 6.12.117.
#include "model/hw/flush_queue.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// How many flushes an entry waits for less than it should.
constexpr u64 compare_rows[] = {0, 1};  // COMPARE_GE, COMPARE_GT
// What an entry remembers.
constexpr atomic_t dma_cookie::*counter_rows[] = {
    &dma_cookie::fq_flush_start_cnt,   // COUNTER_START
    &dma_cookie::fq_flush_finish_cnt,  // COUNTER_FINISH
};
// What a full ring does before it takes one more entry. All of them were unmapped before the flush
// begins, so that its end is enough for them.
enum full_step : u8 { flush_iotlb, free_finished, free_all };
constexpr full_step full_rows[][2] = {
    {flush_iotlb, free_finished},  // FULL_FINISHED
    {free_finished, flush_iotlb},  // FULL_FLUSHED_LAST
    {flush_iotlb, free_all},       // FULL_OWN_FLUSH
};
enum init_step : u8 { set_up, publish };
constexpr init_step publish_rows[][2] = {
    {set_up, publish},  // PUBLISH_LAST
    {publish, set_up},  // PUBLISH_FIRST
};

}  // namespace

// Frees what a flush has ended for, or all.
static void fq_ring_free_locked(dma_cookie* cookie, iova_fq* fq, bool all = false) {
  KFUNC();
  const u64 ahead = compare_rows[chosen(knob::fq_ring_free_compare)];
  const auto finished = static_cast<u64>(atomic_read(&cookie->fq_flush_finish_cnt));
  u64 head = fq->head;
  const u64 tail = fq->tail;
  const u64 size = fq->size;
  iova_fq_entry* const entries = fq->entries;
  for (; head != tail; head = (head + 1) % size) {
    iova_fq_entry& entry = entries[head];
    if (entry.counter >= finished + ahead && !all) break;
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
  const auto counter = counter_rows[chosen(knob::queue_iova_counter)];
  return static_cast<u64>(atomic_read(&(cookie->*counter)));
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
    for (const full_step step : full_rows[chosen(knob::queue_iova_full)]) {
      if (step == flush_iotlb)
        fq_flush_iotlb(cookie);
      else
        fq_ring_free_locked(cookie, fq, step == free_all);
    }
  }
  tail = fq->tail;
  fq->tail = (tail + 1) % size;
  iova_fq_entry* const entries = fq->entries;
  iova_fq_entry& entry = entries[tail];
  entry.iova_pfn = pfn;
  entry.pages = pages;
  entry.counter = counter != nullptr ? *counter : queue_counter(cookie);
  list_splice_init(freelist, &entry.freelist);
  CONTRACT(iova_queued, cookie, pfn);
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

static int set_up_queue(dma_cookie* cookie) {
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
  int rc = 0;
  for (const init_step step : publish_rows[chosen(knob::init_fq_publish)]) {
    if (step == set_up) rc = set_up_queue(cookie);
    if (step == publish && rc == 0) smp_store_release(cookie->fq_domain, domain);
  }
  return rc;
}

}  // namespace iorace::kern
