// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of a request from the device to the worker, and the locks that are held from one to the
// next.
#include "model/iopf/iopf_steps_test.h"

namespace iorace::kern::this_file {
namespace {

TEST(iopf_steps, thread_reports_a_request_that_is_not_the_last) {
  expect_pairs({.pairs = 19,
                .unlocked = 8,
                .setup = then_queued(one_bond, partial),
                .cpu1 = prq_thread,
                .steps = {{"1 PPR", "write_once prq#1.pending"},
                          {"2 tail", "read_once prq#1.tail"},
                          {"2 head", "read_once prq#1.head"},
                          {"3 entry", "read_once prq#1.ring"},
                          {"3 L+", "mutex_lock prq#1.iopf_lock"},
                          {"3 device", "read prq#1.devices", iopf_lock},
                          {"R1 handle", "xa_load pgroup#1.pasid_array", iopf_lock},
                          {"R1 handler", "read fdom#1.handler", iopf_lock},
                          {"R2 pointer", "load_acquire dev_fault#1.fault_param", iopf_lock},
                          {"R2 count", "refcount_inc_not_zero fault_param#1.users", iopf_lock},
                          {"R3 M", "kmalloc iopf#1.1", iopf_lock},
                          {"R3 L+", "mutex_lock fault_param#1.lock", iopf_lock},
                          {"R3 add", "list_add fault_param#1.partial", lists},
                          {"R3 L-", "mutex_unlock fault_param#1.lock", lists},
                          {"R3 put", "refcount_dec_and_test fault_param#1.users", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock},
                          {"4 head", "store_release prq#1.head"},
                          {"5 PRO", "read_once prq#1.overflowed"},
                          {"6 done?", "completion_done prq#1.prq_complete"},
                          {"6 complete", "complete prq#1.prq_complete"}},
                .c = iopf_config()});
}

TEST(iopf_steps, thread_reports_the_last_request) {
  expect_pairs({.pairs = 11,
                .unlocked = 0,
                .setup = then_queued(has_partial, last),
                .cpu1 = prq_thread,
                .steps = {{"R2 count", "refcount_inc_not_zero fault_param#1.users"},
                          {"R4 M", "kmalloc fgroup#1.1", iopf_lock},
                          {"R4 L+", "mutex_lock fault_param#1.lock", iopf_lock},
                          {"R4 find", "list_next fault_param#1.partial", lists},
                          {"R4 take", "list_del iopf#1.list", lists},
                          {"R4 move", "list_add fgroup#1.1.faults", lists},
                          {"R4 pending", "list_add fault_param#1.faults", lists},
                          {"R4 L-", "mutex_unlock fault_param#1.lock", lists},
                          {"R5 handle", "write fgroup#1.1.attach_handle", iopf_lock},
                          {"R5 handler", "read fdom#1.handler", iopf_lock},
                          {"R5 CB", "queue_work work#1.1", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock}},
                .c = iopf_config()});
}

// The group that stands for it is answered at once, with the locks of the report.
TEST(iopf_steps, thread_aborts_a_group_without_memory) {
  expect_pairs({.pairs = 10,
                .unlocked = 0,
                .setup = then_queued(has_partial, last),
                .cpu1 = prq_thread,
                .steps = {{"R4 M", "refcount_inc_not_zero fault_param#1.users"},
                          {"R4 L+", "mutex_lock fault_param#1.lock", iopf_lock},
                          {"R4 move", "list_del iopf#1.list", lists},
                          {"R4 L-", "mutex_unlock fault_param#1.lock", lists},
                          {"L+", "mutex_lock fault_param#1.lock", iopf_lock},
                          {"HW", "device_submit hw#1", lists},
                          {"WAIT", "device_poll iommu#1.status", lists},
                          {"L-", "mutex_unlock fault_param#1.lock", lists},
                          {"partial", "kfree iopf#1", iopf_lock},
                          {"put", "refcount_dec_and_test fault_param#1.users", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock}},
                .c = iopf_config(),
                .fault = "kmalloc"});
}

TEST(iopf_steps, thread_answers_what_nothing_is_attached_for) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = then_queued(one_bond, request_of(3, 0, 1)),
                .cpu1 = prq_thread,
                .steps = {{"3 L+", "mutex_lock prq#1.iopf_lock"},
                          {"R1 handle", "xa_load pgroup#1.pasid_array", iopf_lock},
                          {"R1 table", "read dev_fault#1.user_pasid_table", iopf_lock},
                          {"HW", "device_submit hw#1", iopf_lock},
                          {"WAIT", "device_poll iommu#1.status", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock}},
                .c = iopf_config()});
}

TEST(iopf_steps, thread_discards_after_an_overflow) {
  const body overflown = [](world* w) {
    has_partial(w);
    the_prq()->overflowed.poke(1);
  };
  expect_pairs({.pairs = 12,
                .unlocked = 6,
                .setup = overflown,
                .cpu1 = prq_thread,
                .steps = {{"4 head", "store_release prq#1.head"},
                          {"5 PRO", "read_once prq#1.overflowed"},
                          {"5 head", "read_once prq#1.head"},
                          {"5 tail", "read_once prq#1.tail"},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock"},
                          {"device", "list_next iopf_queue#1.devices", queue},
                          {"L+ lists", "mutex_lock fault_param#1.lock", queue},
                          {"take", "list_del iopf#1.list", lists},
                          {"free", "kfree iopf#1", lists},
                          {"L- lists", "mutex_unlock fault_param#1.lock", lists},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"5 clear", "write_once prq#1.overflowed"},
                          {"6 complete", "complete prq#1.prq_complete"}},
                .c = iopf_config()});
}

TEST(iopf_steps, discard_partial) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = has_partial,
                .cpu1 = calls("iopf_discard_partial", first_prq),
                .steps = {{"L+ queue", "mutex_lock iopf_queue#1.lock"},
                          {"device", "list_next iopf_queue#1.devices", queue},
                          {"L+ lists", "mutex_lock fault_param#1.lock", queue},
                          {"take", "list_del iopf#1.list", lists},
                          {"free", "kfree iopf#1", lists},
                          {"L- lists", "mutex_unlock fault_param#1.lock", lists},
                          {"next", "list_next fault_param#1.queue_list", queue},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue}},
                .c = iopf_config()});
}

TEST(iopf_steps, worker_handles_and_responds) {
  const body taken_from_its_worker = [](world* w) {
    has_group(w);
    cancel_work(&the_group()->work);
  };
  const body works = [](world*) {
    work_struct* const work = &the_group()->work;
    work->func(work);
  };
  constexpr const char* mmap_lock = "user_mm#1.mmap_lock";
  expect_pairs({.pairs = 15,
                .unlocked = 9,
                .setup = taken_from_its_worker,
                .cpu1 = works,
                .steps = {{"faults", "list_next fgroup#1.faults"},
                          {"handle", "read fgroup#1.attach_handle"},
                          {"mm", "read fdom#1.mm"},
                          {"get", "refcount_inc_not_zero user_mm#1.mm_users"},
                          {"R+", "down_read user_mm#1.mmap_lock"},
                          {"R-", "up_read user_mm#1.mmap_lock", mmap_lock},
                          {"put", "refcount_dec_and_test user_mm#1.mm_users"},
                          {"L+", "mutex_lock fault_param#1.lock"},
                          {"device", "read fault_param#1.dev", lists},
                          {"HW", "device_submit hw#1", lists},
                          {"WAIT", "device_poll iommu#1.status", lists},
                          {"unlink", "list_del fgroup#1.pending_node", lists},
                          {"L-", "mutex_unlock fault_param#1.lock", lists},
                          {"partial", "kfree iopf#1"},
                          {"put", "refcount_dec_and_test fault_param#1.users"},
                          {"free", "kfree fgroup#1"}},
                .c = iopf_config()});
}

// Hardware: who sends is waited for, whoever stops the device meanwhile.
TEST(iopf_steps, request) {
  constexpr const char* receive = "prq#1.receive";
  expect_pairs({.pairs = 12,
                .unlocked = 0,
                .setup = one_bond,
                .cpu1 = asks(),
                .steps = {{"R+ sends", "down_read pdev#1.sending"},
                          {"PRI", "read_once pdev#1.pri", sending},
                          {"stopped?", "read_once pdev#1.stopped", sending},
                          {"index", "atomic_sync pdev#1.outstanding", sending},
                          {"refused?", "read_once pdev#1.accepted", sending},
                          {"L+", "spin_lock prq#1.receive", sending},
                          {"PRO", "read_once prq#1.overflowed", receive},
                          {"full?", "read_once prq#1.head", receive},
                          {"entry", "write_once prq#1.ring", receive},
                          {"tail", "write_once prq#1.tail", receive},
                          {"PPR", "atomic_sync prq#1.pending", receive},
                          {"interrupt", "queue_work work#1", sending},
                          {"R- sent", "up_read pdev#1.sending", sending}},
                .c = iopf_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
