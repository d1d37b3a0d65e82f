// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the flows of fault objects, and the locks that are held from one to the next.
#include "model/iommufd/steps_test.h"
#include "model/iopf/fault_machine_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* readers = "fault#1.mutex";
constexpr const char* deliver = "fault#1.lock";
constexpr const char* lists = "fault_param#1.lock";
constexpr const char* fence = "idev#1.iopf_rwsem";
constexpr const char* igroup = "fault_igroup#1.lock";
constexpr const char* core = "pgroup#1.mutex";

// A mock device, number 2, with a group that waits to be read.
constexpr std::uint64_t mock = 2, page_table = 2;
void attached(world* w) {
  make_call(w, "prq_add");
  make_call(w, "pri_device_add", {1, 0, iopf::PRI_MOCK});
  make_call(w, "fault_alloc");
  make_call(w, "fault_hwpt_alloc", {the_fault});
  make_call(w, "fault_attach", {mock, page_table});
}
void delivered(world* w) {
  attached(w);
  make_call(w, "trigger_iopf", {mock});
}
body does(const char* flow, std::uint64_t object) {
  return [=](world* w) { make_call(w, flow, {object}); };
}

TEST(fault_steps, handler) {
  expect_pairs({.pairs = 10,
                .unlocked = 0,
                .setup = attached,
                .cpu1 = does("trigger_iopf", mock),
                .steps = {{"R1 handle", "xa_load pgroup#1.pasid_array"},
                          {"R2 count", "refcount_inc_not_zero fault_param#1.users", fence},
                          {"R4 M", "kmalloc fgroup#1.1", fence},
                          {"R4 pending", "list_add fault_param#1.faults", fence},
                          {"CB", "read fdom#1.fault_data", fence},
                          {"1 L+", "mutex_lock fault_param#1.lock", fence},
                          {"1 unlink", "list_del fgroup#1.1.pending_node", lists},
                          {"1 L-", "mutex_unlock fault_param#1.lock", lists},
                          {"2 add", "list_add fault#1.deliver", fence},
                          {"2 L-", "spin_unlock fault#1.lock", deliver},
                          {"3 wake", "wake_up fault#1.wait_queue", fence}},
                .c = fault_config()});
}

TEST(fault_steps, read_and_write) {
  expect_pairs({.pairs = 13,
                .unlocked = 2,
                .setup = delivered,
                .cpu1 = does("fault_serve", the_fault),
                .steps = {{"fd", "refcount_inc file#2.f_count"},
                          {"read L+", "mutex_lock fault#1.mutex"},
                          {"pop L+", "spin_lock fault#1.lock", readers},
                          {"pop", "list_del fgroup#1.node", deliver},
                          {"pop L-", "spin_unlock fault#1.lock", deliver},
                          {"cookie", "xa_alloc fault#1.response", readers},
                          {"device", "read fault_handle#1.idev", readers},
                          {"U", "copy_to_user", readers},
                          {"read L-", "mutex_unlock fault#1.mutex", readers},
                          {"U", "copy_from_user"},
                          {"take", "xa_erase fault#1.response", readers},
                          {"respond", "mutex_lock fault_param#1.lock", readers},
                          {"unlink", "list_del fgroup#1.pending_node", lists},
                          {"free", "kfree fgroup#1", readers}},
                .c = fault_config()});
}

// The copy does not come to its end: its user has been killed, or has no memory there.
TEST(fault_steps, read_fails) {
  expect_pairs({.pairs = 11,
                .unlocked = 1,
                .setup = delivered,
                .cpu1 = does("fault_read", the_fault),
                .steps = {{"fd", "refcount_inc file#2.f_count"},
                          {"read L+", "mutex_lock fault#1.mutex"},
                          {"pop L+", "spin_lock fault#1.lock", readers},
                          {"pop", "list_del fgroup#1.node", deliver},
                          {"pop L-", "spin_unlock fault#1.lock", deliver},
                          {"cookie", "xa_alloc fault#1.response", readers},
                          {"U", "copy_to_user", readers},
                          {"erase", "xa_erase fault#1.response", readers},
                          {"back L+", "spin_lock fault#1.lock", readers},
                          {"back", "list_add fault#1.deliver", deliver},
                          {"back L-", "spin_unlock fault#1.lock", deliver},
                          {"read L-", "mutex_unlock fault#1.mutex", readers}},
                .c = fault_config(),
                .fault = "fault_read"});
}

TEST(fault_steps, write_fails) {
  const body is_read = [](world* w) {
    delivered(w);
    make_call(w, "fault_read", {the_fault});
  };
  expect_pairs({.pairs = 3,
                .unlocked = 1,
                .setup = is_read,
                .cpu1 = does("fault_write", the_fault),
                .steps = {{"fd", "refcount_inc file#2.f_count"},
                          {"write L+", "mutex_lock fault#1.mutex"},
                          {"U", "copy_from_user", readers},
                          {"write L-", "mutex_unlock fault#1.mutex", readers}},
                .c = fault_config(),
                .fault = "fault_write"});
}

TEST(fault_steps, detach) {
  expect_pairs({.pairs = 10,
                .unlocked = 0,
                .setup = delivered,
                .cpu1 = does("fault_detach", mock),
                .steps = {{"handle", "xa_load pgroup#1.pasid_array"},
                          {"core L+", "mutex_lock pgroup#1.mutex", igroup},
                          {"erase", "xa_erase pgroup#1.pasid_array", core},
                          {"core L-", "mutex_unlock pgroup#1.mutex", core},
                          {"auto L+", "mutex_lock fault#1.mutex", igroup},
                          {"move", "list_del fgroup#1.node", readers},
                          {"respond", "mutex_lock fault_param#1.lock", readers},
                          {"free", "kfree fgroup#1", readers},
                          {"auto L-", "mutex_unlock fault#1.mutex", readers},
                          {"disable", "mutex_lock iopf_queue#1.lock", igroup},
                          {"free handle", "kfree fault_handle#1", igroup}},
                .c = fault_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
