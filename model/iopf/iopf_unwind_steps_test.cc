// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of what rarely happens: enabling that fails, requests for which nothing is attached or
// there is no memory, or that are bad, and the locks that are held from one to the next.
#include "model/iopf/iopf_steps_test.h"

namespace iorace::kern::this_file {
namespace {

// What was done is undone in the opposite order.
TEST(iopf_steps, enable_of_a_device_that_has_not_stopped) {
  expect_pairs({.pairs = 12,
                .unlocked = 0,
                .setup = one_pdev,
                .cpu1 = calls("iopf_enable", first_pdev),
                .steps = {{"L+ features", "mutex_lock pdev#1.features"},
                          {"publish", "store_release dev_fault#1.fault_param", features},
                          {"L- pointer", "mutex_unlock dev_fault#1.lock", pointer},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"context", "write_once pdev#1.accepted", features},
                          {"context off", "write_once pdev#1.accepted", features},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock", features},
                          {"L+ pointer", "mutex_lock dev_fault#1.lock", queue},
                          {"L+ lists", "mutex_lock fault_param#1.1.lock", pointer},
                          {"L- lists", "mutex_unlock fault_param#1.1.lock", "fault_param#1.1.lock"},
                          {"list", "list_del fault_param#1.1.queue_list", pointer},
                          {"pointer", "store_release dev_fault#1.fault_param", pointer},
                          {"L- features", "mutex_unlock pdev#1.features", features}},
                .c = iopf_config(),
                .fault = "pci_enable_pri"});
}
TEST(iopf_steps, enable_without_a_context_entry) {
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = one_pdev,
                .cpu1 = calls("iopf_enable", first_pdev),
                .steps = {{"publish", "store_release dev_fault#1.fault_param"},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock", features},
                          {"pointer", "store_release dev_fault#1.fault_param", queue},
                          {"L- features", "mutex_unlock pdev#1.features", features}},
                .c = iopf_config(),
                .fault = "context_flip_pri"});
}

TEST(iopf_steps, thread_has_no_memory_for_a_request) {
  expect_pairs({.pairs = 3,
                .unlocked = 0,
                .setup = then_queued(one_bond, partial),
                .cpu1 = prq_thread,
                .steps = {{"R2 count", "refcount_inc_not_zero fault_param#1.users"},
                          {"R3 M", "kmalloc", iopf_lock},
                          {"R3 put", "refcount_dec_and_test fault_param#1.users", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock}},
                .c = iopf_config(),
                .fault = "kmalloc"});
}

TEST(iopf_steps, thread_answers_one_that_is_not_the_last) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = then_queued(one_bond, request_of(3, 0, 1, asks_first)),
                .cpu1 = prq_thread,
                .steps = {{"3 L+", "mutex_lock prq#1.iopf_lock"},
                          {"R1 handle", "xa_load pgroup#1.pasid_array", iopf_lock},
                          {"R1 table", "read dev_fault#1.user_pasid_table", iopf_lock},
                          {"driver", "read pdev#1.dev_iommu", iopf_lock},
                          {"HW", "device_submit hw#1", iopf_lock},
                          {"WAIT", "device_poll iommu#1.status", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock}},
                .c = iopf_config()});
}

// Before it has taken the lock under which devices are found, or after it has dropped it.
TEST(iopf_steps, thread_answers_a_bad_one) {
  const auto bad = request_of(1, 0, 1, asks_last | REQUEST_PRIVILEGED);
  expect_pairs({.pairs = 3,
                .unlocked = 3,
                .setup = then_queued(one_bond, bad),
                .cpu1 = prq_thread,
                .steps = {{"3 entry", "read_once prq#1.ring"},
                          {"HW", "device_submit hw#1"},
                          {"WAIT", "device_poll iommu#1.status"},
                          {"4 head", "store_release prq#1.head"}},
                .c = iopf_config()});
}
TEST(iopf_steps, thread_answers_for_a_device_that_has_gone) {
  const body gone = [](world* w) {
    one_bond(w);
    the_prq()->devices[0].poke(nullptr);
  };
  expect_pairs({.pairs = 5,
                .unlocked = 3,
                .setup = then_queued(gone, last),
                .cpu1 = prq_thread,
                .steps = {{"3 L+", "mutex_lock prq#1.iopf_lock"},
                          {"3 device", "read prq#1.devices", iopf_lock},
                          {"3 L-", "mutex_unlock prq#1.iopf_lock", iopf_lock},
                          {"HW", "device_submit hw#1"},
                          {"WAIT", "device_poll iommu#1.status"},
                          {"4 head", "store_release prq#1.head"}},
                .c = iopf_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
