// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of PASIDs: the devices of a group get a domain one after another, lose it in the same
// order, and lose what they got when one of them fails. All of it lies under the group's mutex.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

void bound_with_pasids(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0, 0, DEVICE_PASID});
  make_call(w, "device_add", {1, 1, 0, DEVICE_PASID});
  make_call(w, "device_probe", {1});
  make_call(w, "device_probe", {2});
  make_call(w, "driver_bind", {1});
}

TEST(iommu_steps, attach_pasid) {
  expect_pairs({.pairs = 8,
                .unlocked = 1,
                .setup = bound_with_pasids,
                .cpu1 = calling("device_attach_pasid"),
                .steps = {{"domain", "kmalloc dom#1.1"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"pasid_array", "xa_cmpxchg group#1.pasid_array", group_mutex},
                          {"first device", "kmalloc pasid_info#1.1", group_mutex},
                          {"its entry", "write_once context#2.word", group_mutex},
                          {"second device", "kmalloc pasid_info#1.2", group_mutex},
                          {"its entry", "write_once context#4.word", group_mutex},
                          {"its list", "list_add dom#1.1.dev_pasids", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                .c = stepped_machine()});
}

// The PASID stays reserved until the last device has lost it.
TEST(iommu_steps, detach_pasid) {
  expect_pairs({.pairs = 9,
                .unlocked = 2,
                .setup = then(bound_with_pasids, "device_attach_pasid"),
                .cpu1 = calling("device_detach_pasid"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"first entry", "write_once context#2.word", group_mutex},
                          {"first device", "list_del pasid_info#1.link_domain", group_mutex},
                          {"its info", "kfree pasid_info#1", group_mutex},
                          {"second entry", "write_once context#4.word", group_mutex},
                          {"second device", "kfree pasid_info#2", group_mutex},
                          {"pasid_array", "xa_erase group#1.pasid_array", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"domain_free", "kfree dom#3"}},
                .c = stepped_machine()});
}

// A device that leaves has lost the PASID before its driver forgets it; the other one keeps it.
TEST(iommu_steps, release_with_a_pasid) {
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup = then(bound_with_pasids, "device_attach_pasid"),
                .cpu1 = calling("device_remove", 2),
                .steps = {{"unbind", "mutex_unlock device#2.lock"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"its entry", "write_once context#4.word", group_mutex},
                          {"its info", "kfree pasid_info#2", group_mutex},
                          {"its list", "list_del gdev#2.list", group_mutex},
                          {"release_device", "kfree master#2", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                .c = stepped_machine()});
}

TEST(iommu_steps, attach_pasid_and_the_second_device_fails) {
  expect_pairs({.pairs = 7,
                .unlocked = 1,
                .setup = bound_with_pasids,
                .cpu1 = calling("device_attach_pasid"),
                .steps = {{"first device", "kmalloc pasid_info#1.1"},
                          {"its entry", "write_once context#2.word", group_mutex},
                          {"undo its entry", "write_once context#2.word", group_mutex},
                          {"undo its list", "list_del pasid_info#1.1.link_domain", group_mutex},
                          {"its info", "kfree pasid_info#1.1", group_mutex},
                          {"pasid_array", "xa_erase group#1.pasid_array", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"domain_free", "kfree dom#1.1"}},
                .c = stepped_machine(),
                .fault = "kmalloc",
                .draw = 4});
}

}  // namespace
}  // namespace iorace::kern::this_file
