// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of drivers, binds and drains, and the locks that are held from one to the next.
#include "model/iopf/iopf_steps_test.h"

namespace iorace::kern::this_file {
namespace {

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
                          {"bound?", "xa_load pgroup#1.pasid_array", sva_lock},
                          {"bond", "kmalloc sva#1.1", sva_lock},
                          {"domain", "kmalloc fdom#1.1", sva_lock},
                          {"grab", "refcount_inc user_mm#1.mm_count", sva_lock},
                          {"L+ group", "mutex_lock pgroup#1.mutex", sva_lock},
                          {"attach", "xa_cmpxchg pgroup#1.pasid_array", pdev_group},
                          {"L- group", "mutex_unlock pgroup#1.mutex", pdev_group},
                          {"list", "list_add mm_data#1.1.sva_domains", sva_lock},
                          {"users", "refcount_set sva#1.1.users", sva_lock},
                          {"L- sva", "mutex_unlock iommu_sva#1.lock", sva_lock},
                          {"device may", "write_once pdev#1.stopped", driver},
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
                          {"bound?", "xa_load pgroup#1.pasid_array", sva_lock},
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
                          {"L+ group", "mutex_lock pgroup#1.mutex", sva_lock},
                          {"drain", "reinit_completion prq#1.prq_complete", pdev_group},
                          {"drained", "read_once prq#1.overflowed", pdev_group},
                          {"erase", "xa_erase pgroup#1.pasid_array", pdev_group},
                          {"L- group", "mutex_unlock pgroup#1.mutex", pdev_group},
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
                .steps = {{"L+ group", "mutex_lock pgroup#1.mutex"},
                          {"1 PRI", "read pdev#1.pri_enabled", pdev_group},
                          {"2 reinit", "reinit_completion prq#1.prq_complete", pdev_group},
                          {"2 tail", "read_once prq#1.tail", pdev_group},
                          {"2 head", "load_acquire prq#1.head", pdev_group},
                          {"2 entry", "read_once prq#1.ring", pdev_group},
                          {"2 WAIT", "wait_for_completion prq#1.prq_complete", pdev_group},
                          {"2 reinit", "reinit_completion prq#1.prq_complete", pdev_group},
                          {"2 none left", "load_acquire prq#1.head", pdev_group},
                          {"3 flush", "flush_workqueue wq#2", pdev_group},
                          {"3 WAIT", "work_wait work#kworker1.1", pdev_group},
                          {"sweep", "mutex_lock fault_param#1.lock", pdev_group},
                          {"sweep", "mutex_unlock fault_param#1.lock", lists},
                          {"4 reinit", "reinit_completion prq#1.prq_complete", pdev_group},
                          {"4 submit", "device_submit hw#1", pdev_group},
                          {"4 WAIT", "device_poll iommu#1.status", pdev_group},
                          {"5 PRO", "read_once prq#1.overflowed", pdev_group},
                          {"L- group", "mutex_unlock pgroup#1.mutex", pdev_group}},
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

}  // namespace
}  // namespace iorace::kern::this_file
