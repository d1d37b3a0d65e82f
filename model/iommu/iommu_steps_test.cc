// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the core's flows. Most of them lie under the group's mutex, which is the point of
// it: where it is not held, the other CPU gets in.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

TEST(iommu_steps, probe_the_first_device) {
  expect_pairs({.pairs = 11,
                .unlocked = 2,
                .setup = two_devices,
                .cpu1 = calling("device_probe"),
                .steps = {{"L+ probes", "mutex_lock iommu_probe#1.lock"},
                          {"1 in a group?", "read device#1.iommu_group", probe_lock},
                          {"2 dev_iommu", "kmalloc dev_iommu#1.1", probe_lock},
                          {"2 probe_device", "kmalloc master#1.1", probe_lock},
                          {"2 device_group", "mutex_lock slot#1.lock", probe_lock},
                          {"2 dev->iommu_group", "write device#1.iommu_group", probe_lock},
                          {"3 group_device", "kmalloc gdev#1.1", probe_lock},
                          {"4 L+", "mutex_lock group#1.1.mutex", probe_lock},
                          {"5 list_add", "list_add group#1.1.devices", new_group_mutex},
                          {"7 default", "write group#1.1.domain", new_group_mutex},
                          {"8 L-", "mutex_unlock group#1.1.mutex"},
                          {"L- probes", "mutex_unlock iommu_probe#1.lock"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, probe_a_newcomer) {
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup = one_probed,
                .cpu1 = calling("device_probe", 2),
                .steps = {{"3 group_device", "kmalloc gdev#1.1"},
                          {"4 L+", "mutex_lock group#1.mutex", probe_lock},
                          {"5 list_add", "list_add group#1.devices", group_mutex},
                          {"7 attach", "write_once context#3.word", group_mutex},
                          {"7 of the driver", "list_add dom#2.devices", group_mutex},
                          {"8 L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"L- probes", "mutex_unlock iommu_probe#1.lock"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, release) {
  expect_pairs({.pairs = 10,
                .unlocked = 3,
                .setup = one_probed,
                .cpu1 = calling("device_remove"),
                .steps = {{"unbind", "mutex_unlock device#1.lock"},
                          {"1 L+", "mutex_lock group#1.mutex"},
                          {"2 list_del", "list_del gdev#1.list", group_mutex},
                          {"3 group_device", "kfree gdev#1", group_mutex},
                          {"4 entry", "write_once context#1.word", group_mutex},
                          {"4 release_device", "kfree master#1", group_mutex},
                          {"5 default", "kfree dom#2", group_mutex},
                          {"6 dev->iommu_group", "write device#1.iommu_group", group_mutex},
                          {"6 dev_iommu", "kfree dev_iommu#1", group_mutex},
                          {"7 L-", "mutex_unlock group#1.mutex"},
                          {"8 group put", "refcount_dec_not_one group#1.kobj"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, use_and_unuse_the_default_domain) {
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = both_probed,
                .cpu1 = calling("driver_bind"),
                .steps = {{"1 group", "read device#1.iommu_group"},
                          {"2 L+", "mutex_lock group#1.mutex"},
                          {"3 default", "read group#1.default_domain", group_mutex},
                          {"5 owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"6 L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
  expect_pairs({.pairs = 3,
                .unlocked = 2,
                .setup = then(both_probed, "driver_bind"),
                .cpu1 = calling("driver_unbind"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

// VFIO claims the group, makes a domain, attaches the group to it: three steps for whoever does not
// need its lock.
TEST(iommu_steps, claim_by_group_and_attach) {
  expect_pairs({.pairs = 9,
                .unlocked = 5,
                .setup = both_of_vfio,
                .cpu1 = calling("vfio_group_set_container"),
                .steps = {{"group_lock", "mutex_lock vgroup#1.group_lock"},
                          {"claim L+", "mutex_lock group#1.mutex"},
                          {"blocking", "kmalloc dom#1.1", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"owner", "write group#1.owner", group_mutex},
                          {"claim L-", "mutex_unlock group#1.mutex"},
                          {"domain", "kmalloc dom#1.2"},
                          {"attach L+", "mutex_lock group#1.mutex"},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"attach L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, detach_and_release_by_group) {
  expect_pairs({.pairs = 8,
                .unlocked = 5,
                .setup = then(both_of_vfio, "vfio_group_set_container"),
                .cpu1 = calling("vfio_group_unset_container"),
                .steps = {{"group_lock", "mutex_lock vgroup#1.group_lock"},
                          {"detach L+", "mutex_lock group#1.mutex"},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"detach L-", "mutex_unlock group#1.mutex"},
                          {"domain_free", "kfree dom#4"},
                          {"release L+", "mutex_lock group#1.mutex"},
                          {"owner", "write group#1.owner", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"release L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

// Each device of a group is attached in turn, and its neighbours are not yet.
TEST(iommu_steps, set_domain_goes_from_device_to_device) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = both_of_vfio,
                .cpu1 = calling("device_claim_owner"),
                .steps = {{"L+", "mutex_lock group#1.mutex"},
                          {"out of the old", "list_del master#1.link", group_mutex},
                          {"not present", "write_once context#1.word", group_mutex},
                          {"queued", "device_submit hw#1", group_mutex},
                          {"invalidated", "device_poll iommu#1.status", group_mutex},
                          {"into the new", "list_add dom#1.1.devices", group_mutex},
                          {"the next", "list_del master#2.link", group_mutex},
                          {"group->domain", "write group#1.domain", group_mutex}},
                .c = stepped_machine()});
}

TEST(iommu_steps, attach_and_detach_device) {
  const body bound = then(one_probed, "driver_bind");
  expect_pairs({.pairs = 4,
                .unlocked = 1,
                .setup = bound,
                .cpu1 = calling("device_attach"),
                .steps = {{"domain", "kmalloc dom#1.1"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"one device?", "list_next group#1.devices", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                .c = stepped_machine()});
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = then(bound, "device_attach"),
                .cpu1 = calling("device_detach"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"domain_free", "kfree dom#3"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, store_type) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      both_probed(w);
                      make_call(w, "iommu_group_type", {1, 3});
                    },
                .cpu1 =
                    [](world* w) {
                      make_call(w, "iommu_group_type", {1, 2});
                    },
                .steps = {{"L+", "mutex_lock group#1.mutex"},
                          {"nobody bound", "read group#1.owner_cnt", group_mutex},
                          {"allocate", "kmalloc dom#1.1", group_mutex},
                          {"set", "write group#1.domain", group_mutex},
                          {"free the old one", "kfree dom#2", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                .c = stepped_machine()});
}

// Between the devices of a pass, and between it and the groups that it comes back to, others move.
TEST(iommu_steps, bus_probe) {
  expect_pairs({.pairs = 8,
                .unlocked = 4,
                .setup = two_devices,
                .cpu1 = calling("bus_probe"),
                .steps = {{"L+ probes", "mutex_lock iommu_probe#1.lock"},
                          {"list the group", "list_add group_list#1.1.head", probe_lock},
                          {"L- group", "mutex_unlock group#1.1.mutex", probe_lock},
                          {"L- probes", "mutex_unlock iommu_probe#1.lock", probe_lock},
                          {"the next device", "mutex_lock iommu_probe#1.lock"},
                          {"the listed groups", "list_next group_list#1.1.head"},
                          {"L+ group", "mutex_lock group#1.1.mutex"},
                          {"default", "write group#1.1.domain", new_group_mutex},
                          {"L- group", "mutex_unlock group#1.1.mutex"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, configure) {
  expect_pairs({.pairs = 5,
                .unlocked = 2,
                .setup = two_devices,
                .cpu1 = calling("device_configure"),
                .steps = {{"L+ probes", "mutex_lock iommu_probe#1.lock"},
                          {"configured?", "read device#1.iommu", probe_lock},
                          {"dev_iommu", "kmalloc dev_iommu#1.1", probe_lock},
                          {"fwspec", "kmalloc fwspec#1.1", probe_lock},
                          {"L- probes", "mutex_unlock iommu_probe#1.lock"},
                          {"probe", "mutex_lock iommu_probe#1.lock"}},
                .c = stepped_machine()});
}

// Up to 6.5 a device is in its group while its driver forgets it, and nothing is held.
TEST(iommu_steps, release_before_removal) {
  expect_pairs({.pairs = 6,
                .unlocked = 5,
                .setup = one_probed,
                .cpu1 = calling("device_remove"),
                .steps = {{"unbind", "mutex_unlock device#1.lock"},
                          {"ops->release_device", "write_once context#1.word"},
                          {"driver data", "kfree master#1"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"list_del", "list_del gdev#1.list", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"},
                          {"group put", "refcount_dec_not_one group#1.kobj"}},
                .c = with(stepped_machine(), {{"release_device", "driver_first"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
