// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in iopf.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/vfio/type1/knobs.h"

namespace iorace::kern {

namespace knob {
enum iopf_id : unsigned {
  iopf_before = vfio_type1_count - 1,
  iopf_locking,
  assert_no_pending_iopf,
  iopf_group_alloc_match,
  iopf_group_alloc_failure,
  report_device_fault_accepted,
  remove_device_partial,
  prq_lookup_lock,
  prq_overflow_partial,
  drain_prq_partial,
  page_response_lock,
  sva_close_order,
  sva_driver_stop,
  iopf_disable_when,
  page_response_pasid,
  fault_detach_answers,
  auto_response_error,
  fault_replace_answers,
  fault_deliver_lock,
  fault_read_failure,
  fault_write_match,
  fault_release_reads,
  fault_abort_file,
  trigger_iopf_lock,
  rid_block_drain,
  rid_drain_waits,
  rid_replace_drain,
  prq_drain_lock,
  fault_attach_group,
  sva_unbind_drains,
  pri_enabled_lock,
  remove_device_queue,
  remove_dev_pasid_drain,
  group_remove_device_pasids,
  flush_dev_pending,
  iopf_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned {
  IOPF_DEQUEUES,
  IOPF_THREE_LOCKS,
  IOPF_ASSERTS,
  IOPF_BOTH_LOCKS,
  IOPF_REFCOUNTED,
  IOPF_PLAIN_POINTER,
  IOPF_PLAIN_POINTER_EARLY,
  IOPF_ANSWERS_COPIES,
  IOPF_LINKS_GROUPS,
  IOPF_HANDLES,
  IOPF_FREES_GROUPS,
  IOPF_COUNTED,
  IOPF_ERAS
};
enum : unsigned { ASSERT_NEVER, ASSERT_BEFORE_DETACH };
enum : unsigned { MATCH_GRPID, MATCH_GRPID_AND_PASID };
enum : unsigned { NO_GROUP_ABORTS, NO_GROUP_LEAVES };
enum : unsigned { ACCEPTED_RETURNS, ACCEPTED_FALLS_THROUGH };
enum : unsigned { REMOVED_LEFT_LINKED, REMOVED_LEFT_LINKED_EARLY };
enum : unsigned { LOOKUP_TO_REPORT, LOOKUP_ALONE };
enum : unsigned { OVERFLOW_DISCARDS, OVERFLOW_KEEPS };
enum : unsigned { DRAIN_LEAVES, DRAIN_SKIPS, DRAIN_BREAKS };
enum : unsigned { RESPONSE_FREE, RESPONSE_PASID_MUTEX };
enum : unsigned { CLOSE_DISABLES_LAST, CLOSE_DISABLES_FIRST };
enum : unsigned { STOP_BEFORE_UNBIND, STOP_NEVER };
enum : unsigned { DISABLE_UNBOUND, DISABLE_ANY_TIME };
enum : unsigned { PASID_REFUSED, PASID_AS_REQUIRED, PASID_AS_REQUESTED };
enum : unsigned { DETACH_ANSWERS, DETACH_FLUSHES, DETACH_AWAITS };
enum : unsigned { ERROR_GOES_ON, ERROR_STOPS };
enum : unsigned { REPLACE_ANSWERS_OLD, REPLACE_ANSWERS_NEW };
enum : unsigned { DELIVER_SPINLOCK, DELIVER_MUTEX };
enum : unsigned { READ_WHOLE_GROUPS, READ_MESSAGES, READ_DROPS_GROUP };
enum : unsigned { MATCH_COOKIE, MATCH_FRESH_COOKIE, MATCH_INDEX };
enum : unsigned { RELEASE_READS_FIRST, RELEASE_READS_LAST };
enum : unsigned { ABORT_FPUT_SYNC, ABORT_FPUT };
enum : unsigned { TRIGGER_FENCED, TRIGGER_FREE };
enum : unsigned { BLOCK_DRAINS, BLOCK_ALONE };
enum : unsigned { DRAIN_OF_REQUESTS, DRAIN_OF_ANSWERS };
enum : unsigned { REPLACE_DRAINS_ONCE, REPLACE_DRAINS_AGAIN };
enum : unsigned { DRAINS_TOGETHER, DRAINS_ONE_AT_A_TIME };
enum : unsigned { GROUP_FIRST_DEVICE, GROUP_EACH_DEVICE, GROUP_ALONE };
enum : unsigned { UNBIND_DRAINS_LAST, UNBIND_DRAINS_EACH };
enum : unsigned { ENABLED_UNLOCKED, ENABLED_GROUP_MUTEX };
enum : unsigned { REMOVED_UNLINKED, REMOVED_STAYS };
enum : unsigned { PASID_DRAINED, PASID_NOT_DRAINED };
enum : unsigned { RELEASE_LEAVES, RELEASE_TAKES };
enum : unsigned { FLUSH_LEAVES, FLUSH_ANSWERS };

namespace limit {
enum iopf_id : unsigned {
  iopf_before = vfio_type1_count - 1,
  prq_size,
  max_pasids,
  prg_indices,
  page_request_tries,
  first_pasid,
  mmu_notifier,
  iopf_count
};
}  // namespace limit

namespace probe {
enum iopf_id : unsigned {
  iopf_before = vfio_type1_count - 1,
  prq_entry_bad,
  prq_overflowed,
  prq_discarded,
  prq_retried,
  drain_waited,
  drain_again,
  partial_joined,
  group_aborted,
  group_answered_by_removal,
  response_not_matched,
  iopf_handled,
  iopf_refused,
  bond_shared,
  fault_delivered,
  fault_restored,
  fault_auto_answered,
  rid_refused,
  work_cancelled,
  exit_tore_down,
  iopf_count
};
}  // namespace probe

}  // namespace iorace::kern
