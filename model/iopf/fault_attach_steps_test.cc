// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps by which a device is attached to a page table of a fault object, moved and detached,
// and the locks that are held from one to the next: of a device whose requester id is drained, and
// of one that nothing drains, with a group that its user has read.
#include "model/iommufd/steps_test.h"
#include "model/iopf/fault_machine_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* driver = "pdev#1.driver";
constexpr const char* igroup = "fault_igroup#1.lock";
constexpr const char* iopf_lock = "idev#1.iopf_lock";
constexpr const char* core = "pgroup#1.mutex";
constexpr const char* readers = "fault#1.mutex";

constexpr std::uint64_t device = 2, page_table = 2, next_page_table = 3;
body machine(std::uint64_t flags) {
  return [=](world* w) {
    make_call(w, "prq_add", {iopf::PRI_GENERIC});
    make_call(w, "pri_device_add", {1, 0, flags});
    make_call(w, "fault_alloc");
    make_call(w, "fault_hwpt_alloc", {the_fault});
    make_call(w, "fault_hwpt_alloc", {the_fault});
  };
}
body attached(std::uint64_t flags) {
  return [=](world* w) {
    machine(flags)(w);
    make_call(w, "fault_attach", {device, page_table});
  };
}
void was_read(world* w) {
  attached(iopf::PRI_MOCK)(w);
  make_call(w, "trigger_iopf", {device});
  make_call(w, "fault_read", {the_fault});
}
void detaches(world* w) { make_call(w, "fault_detach", {device}); }

// Page requests are on before any can come; the requester id is blocked, drained and opened again.
TEST(fault_attach_steps, attach) {
  expect_pairs({.pairs = 18,
                .unlocked = 1,
                .setup = machine(0),
                .cpu1 = call_of("fault_attach", {device, page_table}),
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"hwpt", "refcount_inc_not_zero fhwpt#1.users", driver},
                          {"L+ group", "mutex_lock fault_igroup#1.lock", driver},
                          {"M handle", "kmalloc fault_handle#1.1", igroup},
                          {"L+ iopf", "mutex_lock idev#1.iopf_lock", igroup},
                          {"add device", "store_release dev_fault#1.fault_param", iopf_lock},
                          {"context", "write_once pdev#1.accepted", iopf_lock},
                          {"PRI", "write_once pdev#1.pri", iopf_lock},
                          {"L- iopf", "mutex_unlock idev#1.iopf_lock", iopf_lock},
                          {"core L+", "mutex_lock pgroup#1.mutex", igroup},
                          {"insert", "xa_cmpxchg pgroup#1.pasid_array", core},
                          {"block", "write_once pdev#1.rid_blocked", core},
                          {"HW", "device_submit hw#1", core},
                          {"WAIT", "device_poll iommu#1.status", core},
                          {"flush", "flush_workqueue wq#2", core},
                          {"open", "write_once pdev#1.rid_blocked", core},
                          {"core L-", "mutex_unlock pgroup#1.mutex", core},
                          {"users", "refcount_inc fhwpt#1.users", igroup},
                          {"hwpt put", "refcount_dec_and_test fhwpt#1.shortterm_users"}},
                .c = fault_config()});
}

// The requester id is blocked and drained before the handle goes, and what its user has is answered
// before page requests are off.
TEST(fault_attach_steps, detach) {
  expect_pairs({.pairs = 19,
                .unlocked = 0,
                .setup = attached(0),
                .cpu1 = detaches,
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"L+ group", "mutex_lock fault_igroup#1.lock", driver},
                          {"handle", "xa_load pgroup#1.pasid_array", igroup},
                          {"core L+", "mutex_lock pgroup#1.mutex", igroup},
                          {"block", "write_once pdev#1.rid_blocked", core},
                          {"HW", "device_submit hw#1", core},
                          {"WAIT", "device_poll iommu#1.status", core},
                          {"queue", "load_acquire prq#1.head", core},
                          {"flush", "flush_workqueue wq#2", core},
                          {"erase", "xa_erase pgroup#1.pasid_array", core},
                          {"core L-", "mutex_unlock pgroup#1.mutex", core},
                          {"auto L+", "mutex_lock fault#1.mutex", igroup},
                          {"auto L-", "mutex_unlock fault#1.mutex", readers},
                          {"L+ iopf", "mutex_lock idev#1.iopf_lock", igroup},
                          {"context", "write_once pdev#1.accepted", iopf_lock},
                          {"remove", "store_release dev_fault#1.fault_param", iopf_lock},
                          {"PRI", "write_once pdev#1.pri", iopf_lock},
                          {"L- iopf", "mutex_unlock idev#1.iopf_lock", iopf_lock},
                          {"free handle", "kfree fault_handle#1", igroup},
                          {"L- group", "mutex_unlock fault_igroup#1.lock", igroup}},
                .c = fault_config()});
}

// By its cookie's place, with the mutex that its user would need to answer it.
const std::vector<flow_step> answered = {
    {"core L-", "mutex_unlock pgroup#1.mutex"},
    {"auto L+", "mutex_lock fault#1.mutex", igroup},
    {"deliver L+", "spin_lock fault#1.lock", readers},
    {"none", "list_next fault#1.deliver", "fault#1.lock"},
    {"deliver L-", "spin_unlock fault#1.lock", "fault#1.lock"},
    {"find", "xa_find fault#1.response", readers},
    {"its handle?", "read fgroup#1.attach_handle", readers},
    {"take", "xa_erase fault#1.response", readers},
    {"respond L+", "mutex_lock fault_param#1.lock", readers},
    {"unlink", "list_del fgroup#1.pending_node", "fault_param#1.lock"},
    {"respond L-", "mutex_unlock fault_param#1.lock", "fault_param#1.lock"},
    {"put", "refcount_dec_and_test fault_param#1.users", readers},
    {"free", "kfree fgroup#1", readers},
    {"auto L-", "mutex_unlock fault#1.mutex", readers},
    {"free handle", "kfree fault_handle#1", igroup}};

TEST(fault_attach_steps, detach_answers_what_was_read) {
  expect_pairs({.pairs = 14,
                .unlocked = 0,
                .setup = was_read,
                .cpu1 = detaches,
                .steps = answered,
                .c = fault_config()});
}
TEST(fault_attach_steps, replace_answers_what_was_read) {
  expect_pairs({.pairs = 14,
                .unlocked = 0,
                .setup = was_read,
                .cpu1 = call_of("fault_replace", {device, next_page_table}),
                .steps = answered,
                .c = fault_config()});
}

// In 6.12.117 the requester id is drained before the new handle can be found, and not again.
TEST(fault_attach_steps, replace) {
  expect_pairs({.pairs = 17,
                .unlocked = 1,
                .setup = attached(0),
                .cpu1 = call_of("fault_replace", {device, next_page_table}),
                .steps = {{"driver", "mutex_lock pdev#1.driver"},
                          {"hwpt", "refcount_inc_not_zero fhwpt#2.users", driver},
                          {"L+ group", "mutex_lock fault_igroup#1.lock", driver},
                          {"old handle", "xa_load pgroup#1.pasid_array", igroup},
                          {"M handle", "kmalloc fault_handle#1.1", igroup},
                          {"core L+", "mutex_lock pgroup#1.mutex", igroup},
                          {"reserve", "xa_reserve pgroup#1.pasid_array", core},
                          {"block", "write_once pdev#1.rid_blocked", core},
                          {"HW", "device_submit hw#1", core},
                          {"flush", "flush_workqueue wq#2", core},
                          {"open", "write_once pdev#1.rid_blocked", core},
                          {"store", "xa_store pgroup#1.pasid_array", core},
                          {"core L-", "mutex_unlock pgroup#1.mutex", core},
                          {"auto L+", "mutex_lock fault#1.mutex", igroup},
                          {"auto L-", "mutex_unlock fault#1.mutex", readers},
                          {"free old", "kfree fault_handle#1", igroup},
                          {"users", "refcount_inc fhwpt#2.users", igroup},
                          {"old users", "refcount_dec fhwpt#1.users"}},
                .c = fault_config(with(repaired_config(), {{"rid_replace.drain", "once"}}))});
}

}  // namespace
}  // namespace iorace::kern::this_file
