// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What calls return that change the domains of a group, with the kernel's precedence.
#include "model/iommu/iommu_errors_test.h"

namespace iorace::kern::this_file {
namespace {

void resetting(faulty_call& c) {
  c.before.push_back([](world*) { pci_dev_reset_iommu_prepare(this_world().iommu->devices[1]); });
  c.after.push_back([](world*) { pci_dev_reset_iommu_done(this_world().iommu->devices[1]); });
}

TEST(iommu_errors, domains_and_owners) {
  expect_returns("device_attach", one_bound,
                 {{"no device", ENOENT, no_device},
                  {"no driver", ENODEV, after("driver_unbind", {1})},
                  {"the driver has one attached", EBUSY, after("device_attach", {1}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
                  {"no domain id", ENOSPC, no_domain_ids}},
                 {EINVAL});
  expect_returns("device_attach",
                 [](world* w) {
                   one_bound(w);
                   make_call(w, "device_add", {1, 2});
                 },
                 {{"not alone in its group", EINVAL, after("device_probe", {3})}},
                 {ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC});
  expect_returns("device_detach",
                 [](world* w) {
                   one_bound(w);
                   make_call(w, "device_attach", {1});
                 },
                 {{"no device", ENOENT, no_device},
                  {"no driver", ENODEV, after("driver_unbind", {1})},
                  {"nothing attached", EINVAL, after("device_detach", {1})}});
  expect_returns("device_claim_owner", both_of_vfio,
                 {{"no device", ENOENT, no_device},
                  {"no owner", EINVAL, [](faulty_call& c) { c["owner"] = 0; }},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
                  {"another owns the group", EPERM, after("vfio_group_set_container", {2}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
                 {EBUSY});
  expect_returns("device_release_owner",
                 [](world* w) {
                   both_of_vfio(w);
                   make_call(w, "device_claim_owner", {1});
                 },
                 {{"no device", ENOENT, no_device},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
                  {"nothing claimed", EINVAL, after("device_release_owner", {1})}});
  expect_returns("iommu_group_type", both_probed,
                 {{"no device", ENOENT, no_device},
                  {"no type", EINVAL, [](faulty_call& c) { c["type"] = 9; }},
                  {"it has been taken away", ENODEV, after("device_remove", {1})},
                  {"a driver is bound", EPERM, after("driver_bind", {2}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
                  {"no domain id", ENOSPC, no_domain_ids}},
                 {EBUSY});
}

// The devices before the first that wants direct mappings are attached again to what they had.
TEST(iommu_errors, direct_mappings_and_ownership) {
  for (const char* flow : {"vfio_group_set_container", "device_claim_owner"}) {
    long rc = 0;
    const auto setup = [&](world* w) {
      both_probed(w);
      make_call(w, "device_add", {1, 2, 0, DEVICE_DIRECT});
      make_call(w, "device_probe", {3});
      make_call(w, "vfio_device_bind", {1});
    };
    const auto cpu1 = [&](world* w) { rc = make_call(w, flow, {1}).rc; };
    engine e;
    round_robin choose;
    const config c = upstream_machine();
    EXPECT_EQ(e.run(program_of(c, setup, {cpu1}), choose, {}).how, ended::finished);
    EXPECT_EQ(rc, -EINVAL) << flow;
  }
}

TEST(iommu_errors, pasids) {
  const auto pasid_device = [](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1, 0, 0, DEVICE_PASID});
    make_call(w, "device_add", {1, 1});
    make_call(w, "device_probe", {1});
    make_call(w, "device_probe", {2});
    make_call(w, "driver_bind", {1});
    make_call(w, "driver_bind", {2});
  };
  expect_returns("device_attach_pasid", pasid_device,
                 {{"no device", ENOENT, no_device},
                  {"no driver", ENODEV, after("driver_unbind", {1}), 9},
                  {"it has no PASIDs", EOPNOTSUPP, [](faulty_call& c) { c["device"] = 2; }, 9},
                  {"the driver has one attached", EBUSY, after("device_attach_pasid", {1}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
                  {"no domain id", ENOSPC, no_domain_ids}});
  expect_returns("device_detach_pasid",
                 [pasid_device](world* w) {
                   pasid_device(w);
                   make_call(w, "device_attach_pasid", {1});
                 },
                 {{"no device", ENOENT, no_device},
                  {"no driver", ENODEV, after("driver_unbind", {1})},
                  {"nothing attached", EINVAL, after("device_detach_pasid", {1})}});
}

// Upstream lets both claim it.
TEST(iommu_errors, before_there_is_a_default_domain) {
  const error_row early = {"its group has no default domain yet", EBUSY, no_default_domain};
  const config checked = with(upstream_machine(), {{"claim_dma_owner.ready", "checked"}});
  expect_returns("device_claim_owner", both_of_vfio, {early},
                 {ENOENT, ENODEV, EINVAL, EPERM, ENOMEM}, checked);
  expect_returns("vfio_group_set_container", both_of_vfio, {early},
                 {ENOENT, EINVAL, ENODEV, EPERM, ENOMEM, ENOSPC}, checked);
}

config fenced() { return with(upstream_machine(), {{"reset.fence", "nofail_passes"}}); }

// Only where there is a fence a reset can fail.
TEST(iommu_errors, resets) {
  expect_returns("device_reset", both_of_vfio,
                 {{"no device", ENOENT, no_device},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})}},
                 {EBUSY, ENOMEM});
  expect_returns("device_reset", both_of_vfio,
                 {{"no device", ENOENT, no_device},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1}), 9},
                  {"its neighbour is being reset", EBUSY, resetting},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
                 {}, fenced());
}

// While a device is reset nobody changes the domain of its group.
TEST(iommu_errors, behind_a_fence) {
  const error_row busy = {"a device is being reset", EBUSY, resetting};
  expect_returns("device_claim_owner", both_of_vfio, {busy},
                 {ENOENT, ENODEV, EINVAL, EPERM, ENOMEM}, fenced());
  expect_returns("vfio_group_set_container", both_of_vfio, {busy},
                 {ENOENT, EINVAL, ENODEV, EPERM, ENOMEM, ENOSPC}, fenced());
  expect_returns("iommu_group_type", both_of_vfio, {busy},
                 {ENOENT, EINVAL, ENODEV, EPERM, ENOMEM, ENOSPC}, fenced());
}

}  // namespace
}  // namespace iorace::kern::this_file
