// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's calls return, with the kernel's precedence. The setup has two devices of one
// group, both probed.
#include "model/iommu/iommu_errors_test.h"

namespace iorace::kern::this_file {
namespace {

void container(world* w) {
  both_of_vfio(w);
  make_call(w, "vfio_group_set_container", {1});
}
const auto removed = after("device_remove", {1});
void one_device(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1});
}
// The second device wants direct mappings, and its group is blocked.
void joins_blocked_group(faulty_call& c) {
  c.before.push_back([](world* w) {
    make_call(w, "device_add", {1, 1, 0, DEVICE_DIRECT});
    make_call(w, "device_probe", {1});
    make_call(w, "vfio_device_bind", {1});
    make_call(w, "device_claim_owner", {1});
  });
  for (std::size_t i = 0; i < c.flow.args.size(); ++i) c.args.value[i] = 2;
}

TEST(iommu_errors, devices_come_and_go) {
  // Devices are added by setups, before there are tasks.
  engine e;
  const config with_iommu = upstream_machine();
  std::vector<long> rc;
  const auto setup = [&](world* w) {
    both_probed(w);
    make_call(w, "iommu_add");
    rc.push_back(make_call(w, "device_add", {9}).rc);
    rc.push_back(make_call(w, "device_add", {1, 7}).rc);
    rc.push_back(make_call(w, "device_add", {1, 0, 9}).rc);
    rc.push_back(make_call(w, "device_add", {1, 0, 0, DEVICE_ATS * 2}).rc);
    rc.push_back(make_call(w, "device_add", {1, 2, 0, DEVICE_ATS | DEVICE_PASID}).rc);
    rc.push_back(make_call(w, "device_add", {1, 0, 0, DEVICE_ATS}).rc);    // an alias
    rc.push_back(make_call(w, "device_add", {1, 0, 1}).rc);                // an alias elsewhere
    rc.push_back(make_call(w, "device_add", {2, 0, 0}).rc);                // another IOMMU
    rc.push_back(make_call(w, "device_add", {1, 0, 0, DEVICE_PASID}).rc);  // of an alias
    rc.push_back(make_call(w, "device_add", {1, 2, 0, DEVICE_PASID}).rc);
    for (unsigned i = 3; i < group_devices_max; ++i) make_call(w, "device_add", {1, 1});
    rc.push_back(make_call(w, "device_add", {1, 7}).rc);
    rc.push_back(make_call(w, "device_add", {1, 1, 1}).rc);
  };
  const auto cpu1 = [&](world* w) { rc.push_back(make_call(w, "device_add", {9}).rc); };
  round_robin choose;
  EXPECT_EQ(e.run(program_of(with_iommu, setup, {cpu1}), choose, {}).how, ended::finished);
  EXPECT_THAT(rc, testing::ElementsAre(-ENOENT, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EEXIST,
                                       -EINVAL, -EINVAL, -EEXIST, 0, -EINVAL, -ENOSPC, -EBUSY));
  for (const char* flow : {"device_probe", "device_configure"})
    expect_returns(
        flow, one_device,
        {{"no device", ENOENT, no_device},
         {"it has been taken away", ENODEV, removed},
         {"a driver is bound", EBUSY, after("driver_bind", {1})},
         {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
         {"no domain id", ENOSPC, no_domain_ids},
         {"VFIO blocks a group that needs direct mappings", EINVAL, joins_blocked_group}});
  expect_returns("bus_probe", one_device,
                 {{"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
                  {"no domain id", ENOSPC, no_domain_ids},
                  {"VFIO blocks a group that needs direct mappings", EINVAL, joins_blocked_group}});
  expect_returns("device_remove", both_probed,
                 {{"no device", ENOENT, no_device}, {"it has been taken away", ENODEV, removed}});
}

TEST(iommu_errors, drivers_bind) {
  expect_returns("driver_bind", both_probed,
                 {{"no device", ENOENT, no_device},
                  {"it has been taken away", ENODEV, removed, 9},
                  {"a driver is bound", EBUSY, after("driver_bind", {1})},
                  {"another owns the group", EBUSY,
                   [](faulty_call& c) {
                     after("vfio_device_bind", {2})(c);
                     after("vfio_group_set_container", {2})(c);
                   }}},
                 {EPROBE_DEFER});
  expect_returns("driver_bind",
                 [](world* w) {
                   both_probed(w);
                   make_call(w, "device_probe", {2});
                 },
                 {{"its group has no default domain yet", EPROBE_DEFER, no_default_domain}},
                 {ENOENT, ENODEV, EBUSY});
  expect_returns(
      "driver_unbind", one_bound,
      {{"no device", ENOENT, no_device}, {"none bound", ENODEV, after("driver_unbind", {1})}});
  expect_returns("vfio_device_bind", both_probed,
                 {{"no device", ENOENT, no_device},
                  {"it has been taken away", ENODEV, removed, 9},
                  {"a driver is bound", EBUSY, after("driver_bind", {1})}},
                 {EINVAL});
}

TEST(iommu_errors, a_device_without_a_group_is_not_for_vfio) {
  expect_returns("vfio_device_bind",
                 [](world* w) {
                   both_probed(w);
                   make_call(w, "device_add", {1, 2});
                 },
                 {{"no group", EINVAL, [](faulty_call& c) { c["device"] = 3; }}},
                 {ENOENT, ENODEV, EBUSY});
}

TEST(iommu_errors, users_of_vfio) {
  expect_returns("vfio_group_set_container", both_of_vfio,
                 {{"no device", ENOENT, no_device},
                  {"one is set", EINVAL, after("vfio_group_set_container", {2}), 9},
                  {"nothing is bound", ENODEV,
                   [](faulty_call& c) {
                     after("driver_unbind", {1})(c);
                     after("driver_unbind", {2})(c);
                   },
                   9},
                  {"another owns the group", EPERM, after("device_claim_owner", {2, 2}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
                  {"no domain id", ENOSPC, no_domain_ids}},
                 {EBUSY});
  expect_returns("vfio_group_map_dma", container,
                 {{"no device", ENOENT, no_device},
                  {"no container", EINVAL, after("vfio_group_unset_container", {2}), 9},
                  {"it is mapped", EEXIST, after("vfio_group_map_dma", {2}), 9},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}});
  expect_returns("vfio_group_unmap_dma",
                 [](world* w) {
                   container(w);
                   make_call(w, "vfio_group_map_dma", {1});
                 },
                 {{"no device", ENOENT, no_device},
                  {"no container", EINVAL, after("vfio_group_unset_container", {2}), 9},
                  {"nothing is mapped", ENOENT, after("vfio_group_unmap_dma", {2})}});
  expect_returns("vfio_group_unset_container", container,
                 {{"no device", ENOENT, no_device},
                  {"none is set", EINVAL, after("vfio_group_unset_container", {1}), 9},
                  {"a device is open", EBUSY, after("vfio_group_open_device", {2})}});
  expect_returns("vfio_group_open_device", container,
                 {{"no device", ENOENT, no_device},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
                  {"no container", EINVAL, after("vfio_group_unset_container", {2})}});
  expect_returns("vfio_group_close_device",
                 [](world* w) {
                   container(w);
                   make_call(w, "vfio_group_open_device", {1});
                 },
                 {{"no device", ENOENT, no_device},
                  {"it is not open", EBADF, after("vfio_group_close_device", {1})}});
}

TEST(iommu_errors, hardware) {
  expect_returns(
      "device_dma",
      [](world* w) {
        container(w);
        make_call(w, "vfio_group_map_dma", {1});
      },
      {{"no device", ENOENT, no_device}, {"it is blocked", EFAULT, after("device_remove", {1})}});
}

}  // namespace
}  // namespace iorace::kern::this_file
