// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of a reset behind a fence: the device is blocked under the group's mutex, is reset
// without it, and attached again under it.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

config fenced() { return with(stepped_machine(), {{"reset.fence", "nofail_passes"}}); }

TEST(iommu_steps, reset_behind_a_fence) {
  expect_pairs({.pairs = 11,
                .unlocked = 3,
                .setup = both_of_vfio,
                .cpu1 = calling("device_reset"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"blocking", "kmalloc dom#1.1", group_mutex},
                          {"block the device", "list_add dom#1.1.devices", group_mutex},
                          {"fence", "write group#1.resetting_domain", group_mutex},
                          {"of the device", "write dev_iommu#1.resetting", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"done L+", "mutex_lock group#1.mutex"},
                          {"attach again", "list_add dom#2.devices", group_mutex},
                          {"fence", "write group#1.resetting_domain", group_mutex},
                          {"of the device", "write dev_iommu#1.resetting", group_mutex},
                          {"done L-", "mutex_unlock group#1.mutex"}},
                .c = fenced()});
}

// Nothing has been blocked when there is no domain to block it with.
TEST(iommu_steps, reset_without_memory) {
  expect_pairs({.pairs = 3,
                .unlocked = 2,
                .setup = both_of_vfio,
                .cpu1 = calling("device_reset"),
                .steps = {{"L+", "mutex_lock group#1.mutex"},
                          {"already?", "read group#1.resetting_domain", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"},
                          {"unlock", "mutex_unlock device#1.lock"}},
                .c = fenced(),
                .fault = "kmalloc"});
}

// What must not fail passes the fence: the device that is being reset is attached when that ends.
TEST(iommu_steps, detach_during_a_reset) {
  expect_pairs({.pairs = 6,
                .unlocked = 2,
                .setup =
                    [](world* w) {
                      then(both_of_vfio, "vfio_group_set_container")(w);
                      pci_dev_reset_iommu_prepare(this_world().iommu->devices[0]);
                    },
                .cpu1 =
                    [](world* w) {
                      make_call(w, "vfio_group_unset_container", {1});
                      pci_dev_reset_iommu_done(this_world().iommu->devices[0]);
                    },
                .steps = {{"detach L+", "mutex_lock group#1.mutex"},
                          {"the first is left", "read dev_iommu#1.resetting", group_mutex},
                          {"the second", "list_del master#2.link", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"detach L-", "mutex_unlock group#1.mutex", group_mutex},
                          {"domain_free", "kfree dom#4"},
                          {"done", "list_add dom#2.devices"}},
                .c = fenced()});
}

}  // namespace
}  // namespace iorace::kern::this_file
