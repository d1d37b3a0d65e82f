// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's calls return, with the kernel's precedence. The setup has two devices of one
// group, both probed.
#include "model/iommu/iommu_world.h"
#include "model/iommufd/errors_test.h"

namespace iorace::kern {
namespace {

config machine() {
  config c = upstream_config();
  c.chapters = chapter_bit(chapter::iommu);
  return c;
}

void two_devices(world* w) {
  make_call(w, "device_add", {0});
  make_call(w, "device_add", {1});
  make_call(w, "device_probe", {1});
  make_call(w, "device_probe", {2});
}
void vfio_devices(world* w) {
  two_devices(w);
  make_call(w, "vfio_device_bind", {1});
  make_call(w, "vfio_device_bind", {2});
}
void container(world* w) {
  vfio_devices(w);
  make_call(w, "vfio_group_set_container", {1});
}
void driver(world* w) {
  two_devices(w);
  make_call(w, "device_remove", {2});
  make_call(w, "driver_bind", {1});
}

void nothing(faulty_call&) {}
void no_device(faulty_call& c) { c["device"] = 9; }
// The world is made so by other calls.
std::function<void(faulty_call&)> after(const char* flow, std::initializer_list<u64> args) {
  const std::vector<u64> values(args);
  return [flow, values](faulty_call& c) {
    c.before.push_back([flow, values](world* w) {
      call_args a = {};
      const flow_info& f = flow_called(flow);
      for (std::size_t i = 0; i < f.args.size(); ++i) a.value[i] = f.args[i].dull;
      std::copy(values.begin(), values.end(), a.value);
      f.run(*w, a);
    });
  };
}
const auto removed = after("device_remove", {1});

void expect(const char* flow, const body& setup, std::vector<error_row> rows,
            std::set<int> elsewhere = {}) {
  expect_errors({.flow = flow,
                 .setup = setup,
                 .base = nothing,
                 .rows = std::move(rows),
                 .elsewhere = std::move(elsewhere),
                 .c = machine()});
}

TEST(iommu_errors, devices_come_and_go) {
  // Devices are added by setups, before there are tasks.
  engine e;
  const config with_iommu = machine();
  std::vector<long> rc;
  const auto setup = [&](world* w) {
    two_devices(w);
    rc.push_back(make_call(w, "device_add", {7}).rc);
    rc.push_back(make_call(w, "device_add", {0, 7}).rc);
    for (unsigned i = 2; i < group_devices_max; ++i) make_call(w, "device_add");
    rc.push_back(make_call(w, "device_add", {7}).rc);
    rc.push_back(make_call(w, "device_add").rc);
  };
  const auto cpu1 = [&](world* w) { rc.push_back(make_call(w, "device_add", {7}).rc); };
  round_robin choose;
  EXPECT_EQ(e.run(program_of(with_iommu, setup, {cpu1}), choose, {}).how, ended::finished);
  EXPECT_THAT(rc, testing::ElementsAre(-EINVAL, -EINVAL, -EINVAL, -ENOSPC, -EBUSY));
  expect("device_probe", [](world* w) { make_call(w, "device_add", {0}); },
         {{"no device", ENOENT, no_device},
          {"it has been taken away", ENODEV, removed},
          {"a driver is bound", EBUSY, after("driver_bind", {1})},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}});
  expect("device_remove", two_devices,
         {{"no device", ENOENT, no_device}, {"it has been taken away", ENODEV, removed}});
}

TEST(iommu_errors, drivers_bind) {
  expect("driver_bind", two_devices,
         {{"no device", ENOENT, no_device},
          {"it has been taken away", ENODEV, removed, 9},
          {"a driver is bound", EBUSY, after("driver_bind", {1})},
          {"another owns the group", EBUSY, [](faulty_call& c) {
             after("vfio_device_bind", {2})(c);
             after("vfio_group_set_container", {2})(c);
           }}},
         {EPROBE_DEFER});
  expect("driver_unbind", driver,
         {{"no device", ENOENT, no_device}, {"none bound", ENODEV, after("driver_unbind", {1})}});
  expect("vfio_device_bind", two_devices,
         {{"no device", ENOENT, no_device},
          {"it has been taken away", ENODEV, removed, 9},
          {"a driver is bound", EBUSY, after("driver_bind", {1})}},
         {EINVAL});
}

TEST(iommu_errors, a_device_without_a_group_is_not_for_vfio) {
  expect("vfio_device_bind",
         [](world* w) {
           two_devices(w);
           make_call(w, "device_add", {2});
         },
         {{"no group", EINVAL, [](faulty_call& c) { c["device"] = 3; }}}, {ENOENT, ENODEV, EBUSY});
}

TEST(iommu_errors, users_of_vfio) {
  expect("vfio_group_set_container", vfio_devices,
         {{"no device", ENOENT, no_device},
          {"one is set", EINVAL, after("vfio_group_set_container", {2}), 9},
          {"nothing is bound", ENODEV,
           [](faulty_call& c) {
             after("driver_unbind", {1})(c);
             after("driver_unbind", {2})(c);
           },
           9},
          {"another owns the group", EPERM, after("device_claim_owner", {2, 2})},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
         {EBUSY});
  expect("vfio_group_unset_container", container,
         {{"no device", ENOENT, no_device},
          {"none is set", EINVAL, after("vfio_group_unset_container", {1}), 9},
          {"a device is open", EBUSY, after("vfio_group_open_device", {2})}});
  expect("vfio_group_open_device", container,
         {{"no device", ENOENT, no_device},
          {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
          {"no container", EINVAL, after("vfio_group_unset_container", {2})}});
  expect("vfio_group_close_device",
         [](world* w) {
           container(w);
           make_call(w, "vfio_group_open_device", {1});
         },
         {{"no device", ENOENT, no_device},
          {"it is not open", EBADF, after("vfio_group_close_device", {1})}});
}

TEST(iommu_errors, domains_and_owners) {
  expect("device_attach", driver,
         {{"no device", ENOENT, no_device},
          {"no driver", ENODEV, after("driver_unbind", {1})},
          {"the driver has one attached", EBUSY, after("device_attach", {1}), 9},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
         {EINVAL});
  expect("device_attach",
         [](world* w) {
           driver(w);
           make_call(w, "device_add", {2});
         },
         {{"not alone in its group", EINVAL, after("device_probe", {3})}},
         {ENOENT, ENODEV, EBUSY, ENOMEM});
  expect("device_detach",
         [](world* w) {
           driver(w);
           make_call(w, "device_attach", {1});
         },
         {{"no device", ENOENT, no_device},
          {"no driver", ENODEV, after("driver_unbind", {1})},
          {"nothing attached", EINVAL, after("device_detach", {1})}});
  expect("device_claim_owner", vfio_devices,
         {{"no device", ENOENT, no_device},
          {"no owner", EINVAL, [](faulty_call& c) { c["owner"] = 0; }},
          {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
          {"another owns the group", EPERM, after("vfio_group_set_container", {2})},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
         {EBUSY});
  expect("device_release_owner",
         [](world* w) {
           vfio_devices(w);
           make_call(w, "device_claim_owner", {1});
         },
         {{"no device", ENOENT, no_device},
          {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
          {"nothing claimed", EINVAL, after("device_release_owner", {1})}});
  expect("iommu_group_type", two_devices,
         {{"no device", ENOENT, no_device},
          {"no type", EINVAL, [](faulty_call& c) { c["type"] = 9; }},
          {"it has been taken away", ENODEV, removed},
          {"a driver is bound", EPERM, after("driver_bind", {2})},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}});
}

TEST(iommu_errors, hardware) {
  expect("device_dma", two_devices,
         {{"no device", ENOENT, no_device},
          {"it is blocked", EFAULT, after("device_remove", {1})}});
}

}  // namespace
}  // namespace iorace::kern
