// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in hw.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/mm/knobs.h"

namespace iorace::kern {

namespace knob {
enum hw_id : unsigned {
  hw_before = mm_count - 1,
  increase_address_space_seqcount,
  completion_wait_shared,
  completion_wait_sequence,
  qi_submit_wait,
  iotlb_sync_order,
  cache_tag_assign_order,
  attach_order,
  block_translation_order,
  pasid_entry_replace,
  queue_iova_counter,
  queue_iova_barrier,
  queue_iova_full,
  fq_ring_free_compare,
  free_fq_timer,
  put_cookie_order,
  init_domain_lock,
  init_domain_failed,
  init_fq_publish,
  rcache_get_lock,
  rcache_flush_lock,
  depot_push_lock,
  depot_pop_unlink,
  free_rcaches_work,
  magazine_free_null,
  qi_check_fault_aborted,
  qi_check_fault_absent,
  attach_unwind,
  hw_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned { SEQCOUNT_WRITTEN, SEQCOUNT_NONE };
enum : unsigned { SHARED_AWAITED, SHARED_NOT_AWAITED };
enum : unsigned { SEQUENCE_UNDER_LOCK, SEQUENCE_ATOMIC };
enum : unsigned { WAIT_POLLED, WAIT_NONE };
enum : unsigned { SYNC_FLUSH_FIRST, SYNC_TABLES_FIRST, SYNC_NO_FLUSH };
enum : unsigned { TAGS_IOTLB_FIRST, TAGS_DEVTLB_FIRST };
enum : unsigned { ATTACH_TAGS_LAST, ATTACH_TAGS_FIRST };
enum : unsigned { BLOCK_TAGS_FIRST, BLOCK_ATS_FIRST, BLOCK_ENTRY_FIRST };
enum : unsigned { PASID_TORN_DOWN, PASID_IN_PLACE };
enum : unsigned { COUNTER_START, COUNTER_FINISH };
enum : unsigned { BARRIER_FULL, BARRIER_MISSING };
enum : unsigned { FULL_FINISHED, FULL_FLUSHED_LAST, FULL_OWN_FLUSH };
enum : unsigned { COMPARE_GE, COMPARE_GT };
enum : unsigned { TIMER_DELETED, TIMER_LEFT_ARMED };
enum : unsigned { PUT_QUEUE_FIRST, PUT_SPACE_FIRST };
enum : unsigned { INIT_COOKIE_MUTEX, INIT_UNLOCKED };
enum : unsigned { FAILED_INITIALISED, FAILED_UNINITIALISED };
enum : unsigned { PUBLISH_LAST, PUBLISH_FIRST };
enum : unsigned { GET_CPU_LOCK, GET_UNLOCKED };
enum : unsigned { FLUSH_CPU_LOCK, FLUSH_UNLOCKED };
enum : unsigned { PUSH_DEPOT_LOCK, PUSH_UNLOCKED };
enum : unsigned { DEPOT_UNLINKS, DEPOT_KEEPS };
enum : unsigned { WORK_CANCELLED, WORK_CANCELLED_LAST, WORK_LEFT };
enum : unsigned { NULL_FREED, NULL_IGNORED };
enum : unsigned { ABORTED_RESTARTS, ABORTED_GIVES_UP };
enum : unsigned { ABSENT_ENDS_ANY, ABSENT_DROPS_ITS };
enum : unsigned { UNWIND_DROPS_TAGS, UNWIND_KEEPS_TAGS };

namespace limit {
enum hw_id : unsigned {
  hw_before = mm_count - 1,
  fq_size,
  online_cpus,
  iova_rcache_sizes,
  iova_mag_size,
  device_timeouts,
  hw_count
};
}  // namespace limit

namespace probe {
enum hw_id : unsigned {
  hw_before = mm_count - 1,
  dma_done,
  dma_faulted,
  dma_blocked,
  pgtable_grew,
  pgtable_grew_under_walk,
  entry_cache_hit,
  paging_cache_hit,
  iotlb_hit,
  devtlb_hit,
  flush_without_tags,
  completion_wait_shared,
  fq_queued,
  fq_full,
  fq_entry_freed,
  fq_timed_out,
  init_domain_again,
  depot_pushed,
  depot_popped,
  depot_trimmed,
  rcache_flushed,
  inv_timed_out,
  inv_restarted,
  hw_count
};
}  // namespace probe

}  // namespace iorace::kern
