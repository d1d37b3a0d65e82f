// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of what goes wrong: a probe that fails is undone in the reverse order, an attach that
// fails puts the group back to what it was attached to.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

// A flow of one call on two unprobed devices whose allocation number `draw` fails.
stepped_flow failing(const char* flow, unsigned draw, unsigned pairs, unsigned unlocked,
                     std::vector<flow_step> steps) {
  return {.pairs = pairs,
          .unlocked = unlocked,
          .setup = two_devices,
          .cpu1 = calling(flow),
          .steps = std::move(steps),
          .c = stepped_machine(),
          .fault = "kmalloc",
          .draw = draw};
}

TEST(iommu_steps, probe_without_driver_data) {
  expect_pairs(failing("device_probe", 2, 4, 1,
                       {{"2 dev_iommu", "kmalloc dev_iommu#1.1"},
                        {"2 dev->iommu", "write device#1.iommu", probe_lock},
                        {"cleared", "write device#1.iommu", probe_lock},
                        {"dev_iommu", "kfree dev_iommu#1.1", probe_lock},
                        {"L- probes", "mutex_unlock iommu_probe#1.lock"}}));
}

TEST(iommu_steps, probe_without_a_group) {
  expect_pairs(failing("device_probe", 3, 6, 1,
                       {{"2 probe_device", "kmalloc master#1.1"},
                        {"2 device_group", "mutex_lock slot#1.lock", probe_lock},
                        {"2 none", "mutex_unlock slot#1.lock", probe_lock},
                        {"release_device", "kfree master#1.1", probe_lock},
                        {"dev->iommu", "write device#1.iommu", probe_lock},
                        {"dev_iommu", "kfree dev_iommu#1.1", probe_lock},
                        {"L- probes", "mutex_unlock iommu_probe#1.lock"}}));
}

// The group is there, and goes with the device that it was made for.
TEST(iommu_steps, probe_without_a_group_device) {
  expect_pairs(failing("device_probe", 4, 8, 2,
                       {{"2 dev->iommu_group", "write device#1.iommu_group"},
                        {"4 L+", "mutex_lock group#1.1.mutex", probe_lock},
                        {"release_device", "kfree master#1.1", new_group_mutex},
                        {"dev->iommu_group", "write device#1.iommu_group", new_group_mutex},
                        {"dev_iommu", "kfree dev_iommu#1.1", new_group_mutex},
                        {"L-", "mutex_unlock group#1.1.mutex"},
                        {"group put", "refcount_dec_not_one group#1.1.kobj", probe_lock},
                        {"group", "kfree group#1.1", probe_lock},
                        {"L- probes", "mutex_unlock iommu_probe#1.lock"}}));
}

TEST(iommu_steps, probe_without_a_default_domain) {
  expect_pairs(failing("device_probe", 6, 10, 1,
                       {{"5 list_add", "list_add group#1.1.devices"},
                        {"7 default", "kmalloc dom#1.1", new_group_mutex},
                        {"7 has no table", "kfree dom#1.1", new_group_mutex},
                        {"list_del", "list_del gdev#1.1.list", new_group_mutex},
                        {"group_device", "kfree gdev#1.1", new_group_mutex},
                        {"release_device", "kfree master#1.1", new_group_mutex},
                        {"dev->iommu_group", "write device#1.iommu_group", new_group_mutex},
                        {"dev_iommu", "kfree dev_iommu#1.1", new_group_mutex},
                        {"L-", "mutex_unlock group#1.1.mutex", new_group_mutex},
                        {"group", "kfree group#1.1", probe_lock},
                        {"L- probes", "mutex_unlock iommu_probe#1.lock"}}));
}

// The group that a device wanted to join stays as it was.
TEST(iommu_steps, probe_a_newcomer_that_cannot_be_blocked) {
  expect_pairs({.pairs = 8,
                .unlocked = 2,
                .setup =
                    [](world* w) {
                      make_call(w, "iommu_add");
                      make_call(w, "device_add", {1, 0});
                      make_call(w, "device_add", {1, 1, 0, DEVICE_DIRECT});
                      make_call(w, "device_probe", {1});
                      make_call(w, "vfio_device_bind", {1});
                      make_call(w, "device_claim_owner", {1});
                    },
                .cpu1 = calling("device_probe", 2),
                .steps = {{"4 L+", "mutex_lock group#1.mutex"},
                          {"5 list_add", "list_add group#1.devices", group_mutex},
                          {"7 direct", "read dev_iommu#1.1.require_direct", group_mutex},
                          {"list_del", "list_del gdev#1.1.list", group_mutex},
                          {"group_device", "kfree gdev#1.1", group_mutex},
                          {"release_device", "kfree master#1.1", group_mutex},
                          {"dev_iommu", "kfree dev_iommu#1.1", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"},
                          {"group put", "refcount_dec_not_one group#1.kobj"}},
                .c = stepped_machine()});
}

// The devices of the group are probed, and their group keeps no default domain.
TEST(iommu_steps, bus_probe_without_a_default_domain) {
  expect_pairs(failing("bus_probe", 8, 4, 3,
                       {{"the listed groups", "list_next group_list#1.1.head"},
                        {"L+ group", "mutex_lock group#1.1.mutex"},
                        {"off the list", "list_del group#1.1.entry", new_group_mutex},
                        {"L- group", "mutex_unlock group#1.1.mutex"},
                        {"group put", "refcount_dec_not_one group#1.1.kobj"}}));
}

TEST(iommu_steps, configure_without_a_fwspec) {
  expect_pairs(failing("device_configure", 2, 4, 1,
                       {{"dev_iommu", "kmalloc dev_iommu#1.1"},
                        {"dev->iommu", "write device#1.iommu", probe_lock},
                        {"cleared", "write device#1.iommu", probe_lock},
                        {"freed", "kfree dev_iommu#1.1", probe_lock},
                        {"L- probes", "mutex_unlock iommu_probe#1.lock"}}));
}

// Two devices are blocked already when the third one cannot be.
TEST(iommu_steps, a_claim_is_reverted) {
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup =
                    [](world* w) {
                      two_devices(w);
                      make_call(w, "device_add", {1, 2, 0, DEVICE_DIRECT});
                      for (const std::uint64_t device : {1u, 2u, 3u})
                        make_call(w, "device_probe", {device});
                      make_call(w, "vfio_device_bind", {1});
                    },
                .cpu1 = calling("device_claim_owner"),
                .steps = {{"blocking", "kmalloc dom#1.1"},
                          {"first device", "list_add dom#1.1.devices", group_mutex},
                          {"second device", "list_add dom#1.1.devices", group_mutex},
                          {"third device", "read dev_iommu#3.require_direct", group_mutex},
                          {"revert the first", "list_add dom#2.devices", group_mutex},
                          {"revert the second", "list_add dom#2.devices", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

// The group is owned and blocked while there is no domain to attach it to.
TEST(iommu_steps, a_container_without_a_domain) {
  expect_pairs({.pairs = 7,
                .unlocked = 4,
                .setup = both_of_vfio,
                .cpu1 = calling("vfio_group_set_container"),
                .steps = {{"claim", "write group#1.owner"},
                          {"claim L-", "mutex_unlock group#1.mutex"},
                          {"release L+", "mutex_lock group#1.mutex"},
                          {"owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"owner", "write group#1.owner", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"release L-", "mutex_unlock group#1.mutex"},
                          {"group_lock", "mutex_unlock vgroup#1.group_lock"}},
                .c = stepped_machine(),
                .fault = "kmalloc",
                .draw = 2});
}

TEST(iommu_steps, an_attach_beside_another_device) {
  expect_pairs({.pairs = 4,
                .unlocked = 3,
                .setup = then(both_probed, "driver_bind"),
                .cpu1 = calling("device_attach"),
                .steps = {{"domain", "kmalloc dom#1.1"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"one device?", "list_next gdev#1.list", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"},
                          {"domain_free", "kfree dom#1.1"}},
                .c = stepped_machine()});
}

// A fence refuses the new default domain, and the old one is the default again.
TEST(iommu_steps, a_type_that_a_fence_refuses) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      both_of_vfio(w);
                      make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA_FQ});
                      pci_dev_reset_iommu_prepare(this_world().iommu->devices[0]);
                    },
                .cpu1 =
                    [](world* w) {
                      make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA});
                      pci_dev_reset_iommu_done(this_world().iommu->devices[0]);
                    },
                .steps = {{"allocate", "kmalloc dom#1.1"},
                          {"default", "write group#1.default_domain", group_mutex},
                          {"fence", "read group#1.resetting_domain", group_mutex},
                          {"free the new one", "kfree dom#1.1", group_mutex},
                          {"default again", "write group#1.default_domain", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                .c = with(stepped_machine(), {{"reset.fence", "nofail_passes"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
