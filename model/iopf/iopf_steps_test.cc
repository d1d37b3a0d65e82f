// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the chapter's flows, and the locks that are held from one to the next.
#include "model/iommufd/steps_test.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern {
namespace {

using namespace iopf;

constexpr const char* iopf_lock = "prq#1.iopf_lock";
constexpr const char* lists = "fault_param#1.lock";
constexpr const char* queue = "iopf_queue#1.lock";
constexpr const char* pointer = "dev_fault#1.lock";
constexpr const char* features = "pdev#1.features";
constexpr const char* driver = "pdev#1.driver";
constexpr const char* sva_lock = "iommu_sva#1.lock";
constexpr const char* group_mutex = "pdev#1.group_mutex";
constexpr const char* process = "sva_process#1.lock";
constexpr const char* sending = "pdev#1.sending";

const page_request partial = request_of(1, 0, 1, asks_first);
const page_request last = request_of(1, 0, 2);
void has_partial(world* w) {
  one_bond(w);
  iommu_report_device_fault(the_pdev(), partial);
}
body then_queued(const body& setup, const page_request& request) {
  return [=](world* w) {
    setup(w);
    into_queue(request);
  };
}
// A group whose worker is CPU1.
void has_group(world* w) {
  has_partial(w);
  iommu_report_device_fault(the_pdev(), last);
}
iopf_group* the_group() {
  list_head* const head = &the_fault_param()->faults;
  return list_entry(const_cast<list_head*>(list_peek_next(head)), iopf_group, pending_node);
}

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
                          {"R1 handle", "xa_load pdev#1.pasid_array", iopf_lock},
                          {"R1 handler", "read fdom#1.handler", iopf_lock},
                          {"R2 pointer", "load_acquire dev_fault#1.fault_param", iopf_lock},
                          {"R2 count", "refcount_inc_not_zero fault_param#1.users", iopf_lock},
                          {"R3 M", "kmalloc iopf#1.1", iopf_lock},
                          {"R3 L+", "mutex_lock fault_param#1.lock", iopf_lock},
                          {"R3 add", "list_add fault_param#1.partial", lists},
                          {"R3 L-", "mutex_unlock fault_param#1.lock", lists},
                          {"R3 put", "refcount_dec_and_test fault_param#1.users", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock},
                          {"4 head", "write_once prq#1.head"},
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
                          {"R1 handle", "xa_load pdev#1.pasid_array", iopf_lock},
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
                .steps = {{"4 head", "write_once prq#1.head"},
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

TEST(iopf_steps, add_device) {
  expect_pairs({.pairs = 16,
                .unlocked = 0,
                .setup = one_pdev,
                .cpu1 = calls("iopf_enable", first_pdev),
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"L+ features", "mutex_lock pdev#1.features", driver},
                          {"first?", "read pdev#1.users", features},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock", features},
                          {"L+ pointer", "mutex_lock dev_fault#1.lock", queue},
                          {"none?", "read dev_fault#1.fault_param", pointer},
                          {"M", "kmalloc fault_param#1.1", pointer},
                          {"users", "refcount_set fault_param#1.1.users", pointer},
                          {"list", "list_add iopf_queue#1.devices", pointer},
                          {"publish", "store_release dev_fault#1.fault_param", pointer},
                          {"L- pointer", "mutex_unlock dev_fault#1.lock", pointer},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"context", "write_once pdev#1.accepted", features},
                          {"PRI", "write_once pdev#1.pri", features},
                          {"count", "write pdev#1.users", features},
                          {"L- features", "mutex_unlock pdev#1.features", features},
                          {"driver", "mutex_unlock pdev#1.driver", driver}},
                .c = iopf_config()});
}

// What is pending is answered and freed with all locks of the device.
TEST(iopf_steps, remove_device) {
  const body nobody_has_bound = [](world* w) {
    has_group(w);
    cancel_work(&the_group()->work);
    the_pdev()->bonds[1].poke(0);
  };
  const body disables = [](world* w) {
    make_call(w, "iopf_disable", {first_pdev});
    the_pdev()->bonds[1].poke(1);
  };
  expect_pairs({.pairs = 18,
                .unlocked = 0,
                .setup = nobody_has_bound,
                .cpu1 = disables,
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"L+ features", "mutex_lock pdev#1.features", driver},
                          {"last?", "read pdev#1.users", features},
                          {"context", "write_once pdev#1.accepted", features},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock", features},
                          {"L+ pointer", "mutex_lock dev_fault#1.lock", queue},
                          {"L+ lists", "mutex_lock fault_param#1.lock", pointer},
                          {"pending", "list_next fault_param#1.faults", lists},
                          {"HW", "device_submit hw#1", lists},
                          {"WAIT", "device_poll iommu#1.status", lists},
                          {"unlink", "list_del fgroup#1.pending_node", lists},
                          {"free", "kfree fgroup#1", lists},
                          {"L- lists", "mutex_unlock fault_param#1.lock", lists},
                          {"list", "list_del fault_param#1.queue_list", pointer},
                          {"pointer", "store_release dev_fault#1.fault_param", pointer},
                          {"put", "refcount_dec_and_test fault_param#1.users", pointer},
                          {"L- pointer", "mutex_unlock dev_fault#1.lock", pointer},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"PRI", "write_once pdev#1.pri", features}},
                .c = iopf_config()});
}

TEST(iopf_steps, bind) {
  expect_pairs({.pairs = 18,
                .unlocked = 1,
                .setup = one_enabled,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "sva_bind", {first_pdev, first_process});
                    },
                .steps = {{"process", "mutex_lock sva_process#1.lock"},
                          {"driver", "mutex_lock pdev#1.driver", process},
                          {"L+ sva", "mutex_lock iommu_sva#1.lock", driver},
                          {"mm data", "kmalloc mm_data#1.1", sva_lock},
                          {"PASID", "xa_alloc iommu_sva#1.pasids", sva_lock},
                          {"publish", "store_release user_mm#1.iommu_mm", sva_lock},
                          {"bound?", "xa_load pdev#1.pasid_array", sva_lock},
                          {"bond", "kmalloc sva#1.1", sva_lock},
                          {"domain", "kmalloc fdom#1.1", sva_lock},
                          {"grab", "refcount_inc user_mm#1.mm_count", sva_lock},
                          {"L+ group", "mutex_lock pdev#1.group_mutex", sva_lock},
                          {"attach", "xa_cmpxchg pdev#1.pasid_array", group_mutex},
                          {"device may", "write_once pdev#1.stopped", group_mutex},
                          {"L- group", "mutex_unlock pdev#1.group_mutex", group_mutex},
                          {"list", "list_add mm_data#1.1.sva_domains", sva_lock},
                          {"users", "refcount_set sva#1.1.users", sva_lock},
                          {"L- sva", "mutex_unlock iommu_sva#1.lock", sva_lock},
                          {"driver", "mutex_unlock pdev#1.driver", driver},
                          {"handle", "store_release handles#1.1.object"}},
                .c = iopf_config()});
}

TEST(iopf_steps, bind_again) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = one_bond,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "sva_bind", {first_pdev, first_process});
                    },
                .steps = {{"L+ sva", "mutex_lock iommu_sva#1.lock"},
                          {"mm data", "read user_mm#1.iommu_mm", sva_lock},
                          {"bound?", "xa_load pdev#1.pasid_array", sva_lock},
                          {"by it?", "read fdom#1.mm", sva_lock},
                          {"users", "refcount_inc sva#1.users", sva_lock},
                          {"L- sva", "mutex_unlock iommu_sva#1.lock", sva_lock}},
                .c = iopf_config()});
}

// The device is stopped, then drained; its handle goes, then its domain, then the bond.
TEST(iopf_steps, unbind) {
  expect_pairs({.pairs = 17,
                .unlocked = 0,
                .setup = one_bond,
                .cpu1 = calls("sva_unbind", first_bond),
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"stop", "write_once pdev#1.stopped", driver},
                          {"W+ sent", "down_write pdev#1.sending", driver},
                          {"W- sent", "up_write pdev#1.sending", sending},
                          {"L+ sva", "mutex_lock iommu_sva#1.lock", driver},
                          {"users", "refcount_dec_and_test sva#1.users", sva_lock},
                          {"L+ group", "mutex_lock pdev#1.group_mutex", sva_lock},
                          {"drain", "reinit_completion prq#1.prq_complete", group_mutex},
                          {"drained", "read_once prq#1.overflowed", group_mutex},
                          {"erase", "xa_erase pdev#1.pasid_array", group_mutex},
                          {"L- group", "mutex_unlock pdev#1.group_mutex", group_mutex},
                          {"users", "write fdom#1.users", sva_lock},
                          {"list", "list_del fdom#1.next", sva_lock},
                          {"mm", "refcount_dec_and_test user_mm#1.mm_count", sva_lock},
                          {"domain", "kfree fdom#1", sva_lock},
                          {"L- sva", "mutex_unlock iommu_sva#1.lock", sva_lock},
                          {"bond", "kfree sva#1", driver},
                          {"driver", "mutex_unlock pdev#1.driver", driver}},
                .c = iopf_config()});
}

// Two requests are in the queue.
TEST(iopf_steps, drain) {
  const body with_requests = [](world* w) {
    one_bond(w);
    asks(asks_first)(w);
    asks(asks_last)(w);
  };
  expect_pairs({.pairs = 17,
                .unlocked = 0,
                .setup = with_requests,
                .cpu1 = calls("sva_unbind", first_bond),
                .steps = {{"L+ group", "mutex_lock pdev#1.group_mutex"},
                          {"1 PRI", "read pdev#1.pri_enabled", group_mutex},
                          {"2 reinit", "reinit_completion prq#1.prq_complete", group_mutex},
                          {"2 tail", "read_once prq#1.tail", group_mutex},
                          {"2 head", "read_once prq#1.head", group_mutex},
                          {"2 entry", "read_once prq#1.ring", group_mutex},
                          {"2 WAIT", "wait_for_completion prq#1.prq_complete", group_mutex},
                          {"2 reinit", "reinit_completion prq#1.prq_complete", group_mutex},
                          {"2 none left", "read_once prq#1.head", group_mutex},
                          {"3 flush", "flush_workqueue wq#2", group_mutex},
                          {"3 WAIT", "work_wait work#kworker1.1", group_mutex},
                          {"sweep", "mutex_lock fault_param#1.lock", group_mutex},
                          {"sweep", "mutex_unlock fault_param#1.lock", lists},
                          {"4 reinit", "reinit_completion prq#1.prq_complete", group_mutex},
                          {"4 submit", "device_submit hw#1", group_mutex},
                          {"4 WAIT", "device_poll iommu#1.status", group_mutex},
                          {"5 PRO", "read_once prq#1.overflowed", group_mutex},
                          {"L- group", "mutex_unlock pdev#1.group_mutex", group_mutex}},
                .c = iopf_config()});
}

TEST(iopf_steps, close_disables_last) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = one_bond,
                .cpu1 = calls("sva_close", first_bond),
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"drained", "read_once prq#1.overflowed", driver},
                          {"bond", "kfree sva#1", driver},
                          {"L+ features", "mutex_lock pdev#1.features", driver},
                          {"context", "write_once pdev#1.accepted", features},
                          {"remove", "store_release dev_fault#1.fault_param", features},
                          {"driver", "mutex_unlock pdev#1.driver", driver}},
                .c = iopf_config()});
}

TEST(iopf_steps, release) {
  expect_pairs({.pairs = 8,
                .unlocked = 0,
                .setup = one_pdev,
                .cpu1 = calls("pri_device_release", first_pdev),
                .steps = {{"L+ features", "mutex_lock pdev#1.features"},
                          {"data", "read pdev#1.dev_iommu", features},
                          {"users", "read pdev#1.users", features},
                          {"L+ iopf", "mutex_lock prq#1.iopf_lock", features},
                          {"device", "write prq#1.devices", iopf_lock},
                          {"L- iopf", "mutex_unlock prq#1.iopf_lock", iopf_lock},
                          {"pointer", "write pdev#1.dev_iommu", features},
                          {"free", "kfree dev_fault#1", features},
                          {"L- features", "mutex_unlock pdev#1.features", features}},
                .c = iopf_config()});
}

// The last of the memory goes with the last bond, and its PASID with it.
TEST(iopf_steps, process_exit) {
  expect_pairs({.pairs = 5,
                .unlocked = 4,
                .setup = one_pdev,
                .cpu1 = calls("sva_process_exit", first_process),
                .steps = {{"L+", "mutex_lock sva_process#1.lock"},
                          {"mm", "write sva_process#1.mm", process},
                          {"L-", "mutex_unlock sva_process#1.lock"},
                          {"users", "refcount_dec_and_test user_mm#1.mm_users"},
                          {"count", "refcount_dec_and_test user_mm#1.mm_count"},
                          {"free", "kfree user_mm#1"}},
                .c = iopf_config()});
}
TEST(iopf_steps, last_reference_to_the_memory) {
  const body of_no_process = [](world* w) {
    one_bond(w);
    make_call(w, "sva_process_exit", {first_process});
  };
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = of_no_process,
                .cpu1 = calls("sva_unbind", first_bond),
                .steps = {{"list", "list_del fdom#1.next"},
                          {"mm", "refcount_dec_and_test user_mm#1.mm_count", sva_lock},
                          {"PASID", "xa_erase iommu_sva#1.pasids", sva_lock},
                          {"mm data", "kfree mm_data#1", sva_lock},
                          {"free", "kfree user_mm#1", sva_lock},
                          {"domain", "kfree fdom#1", sva_lock}},
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
}  // namespace iorace::kern
