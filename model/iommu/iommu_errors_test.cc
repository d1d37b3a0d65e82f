// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's calls return, with the kernel's precedence. The setup has two devices of one
// group, both probed.
#include <memory>

#include "model/iommu/iommu_inside_test.h"
#include "model/iommufd/errors_test.h"

namespace iorace::kern {
namespace {

config machine() { return of_iommu(upstream_config()); }

void two_devices(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0});
  make_call(w, "device_add", {1, 1});
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
void resetting(faulty_call& c) {
  c.before.push_back([](world*) { pci_dev_reset_iommu_prepare(this_world().iommu->devices[1]); });
  c.after.push_back([](world*) { pci_dev_reset_iommu_done(this_world().iommu->devices[1]); });
}
// A pass over the bus has found the group and not come back to it.
void no_default_domain(faulty_call& c) {
  const auto before = std::make_shared<core_domain*>();
  c.before.push_back([before](world*) {
    shared<core_domain*>& normal =
        this_world().iommu->devices[0]->iommu_group.peek()->default_domain;
    *before = normal.peek();
    normal.poke(nullptr);
  });
  c.after.push_back([before](world*) {
    this_world().iommu->devices[0]->iommu_group.peek()->default_domain.poke(*before);
  });
}
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
void one_device(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1});
}
// All domain ids of the IOMMU are taken, and given back.
void no_domain_ids(faulty_call& c) {
  const auto before = std::make_shared<u64>();
  c.before.push_back([before](world*) {
    shared<u64>& ids = this_world().iommu->devices[0]->endpoint.peek()->iommu.peek()->domain_ids;
    *before = ids.peek();
    ids.poke(~u64{0});
  });
  c.after.push_back([before](world*) {
    this_world().iommu->devices[0]->endpoint.peek()->iommu.peek()->domain_ids.poke(*before);
  });
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
    make_call(w, "iommu_add");
    rc.push_back(make_call(w, "device_add", {9}).rc);
    rc.push_back(make_call(w, "device_add", {1, 7}).rc);
    rc.push_back(make_call(w, "device_add", {1, 0, 7}).rc);
    rc.push_back(make_call(w, "device_add", {1, 0, 0, 16}).rc);
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
  EXPECT_THAT(rc, testing::ElementsAre(-ENOENT, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL,
                                       -EEXIST, 0, -EINVAL, -ENOSPC, -EBUSY));
  for (const char* flow : {"device_probe", "device_configure"})
    expect(flow, one_device,
           {{"no device", ENOENT, no_device},
            {"it has been taken away", ENODEV, removed},
            {"a driver is bound", EBUSY, after("driver_bind", {1})},
            {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
            {"no domain id", ENOSPC, no_domain_ids},
            {"VFIO blocks a group that needs direct mappings", EINVAL, joins_blocked_group}});
  expect("bus_probe", one_device,
         {{"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
          {"no domain id", ENOSPC, no_domain_ids},
          {"VFIO blocks a group that needs direct mappings", EINVAL, joins_blocked_group}});
  expect("device_remove", two_devices,
         {{"no device", ENOENT, no_device}, {"it has been taken away", ENODEV, removed}});
}

TEST(iommu_errors, drivers_bind) {
  expect("driver_bind", two_devices,
         {{"no device", ENOENT, no_device},
          {"it has been taken away", ENODEV, removed, 9},
          {"a driver is bound", EBUSY, after("driver_bind", {1})},
          {"another owns the group", EBUSY,
           [](faulty_call& c) {
             after("vfio_device_bind", {2})(c);
             after("vfio_group_set_container", {2})(c);
           }}},
         {EPROBE_DEFER});
  expect("driver_bind",
         [](world* w) {
           two_devices(w);
           make_call(w, "device_probe", {2});
         },
         {{"its group has no default domain yet", EPROBE_DEFER, no_default_domain}},
         {ENOENT, ENODEV, EBUSY});
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
           make_call(w, "device_add", {1, 2});
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
          {"another owns the group", EPERM, after("device_claim_owner", {2, 2}), 9},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
          {"no domain id", ENOSPC, no_domain_ids}},
         {EBUSY});
  expect("vfio_group_map_dma", container,
         {{"no device", ENOENT, no_device},
          {"no container", EINVAL, after("vfio_group_unset_container", {2}), 9},
          {"it is mapped", EEXIST, after("vfio_group_map_dma", {2}), 9},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}});
  expect("vfio_group_unmap_dma",
         [](world* w) {
           container(w);
           make_call(w, "vfio_group_map_dma", {1});
         },
         {{"no device", ENOENT, no_device},
          {"no container", EINVAL, after("vfio_group_unset_container", {2}), 9},
          {"nothing is mapped", ENOENT, after("vfio_group_unmap_dma", {2})}});
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
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
          {"no domain id", ENOSPC, no_domain_ids}},
         {EINVAL});
  expect("device_attach",
         [](world* w) {
           driver(w);
           make_call(w, "device_add", {1, 2});
         },
         {{"not alone in its group", EINVAL, after("device_probe", {3})}},
         {ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC});
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
          {"another owns the group", EPERM, after("vfio_group_set_container", {2}), 9},
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
          {"a driver is bound", EPERM, after("driver_bind", {2}), 9},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
          {"no domain id", ENOSPC, no_domain_ids}});
}

// The devices before the first that wants direct mappings are attached again to what they had.
TEST(iommu_errors, direct_mappings_and_ownership) {
  for (const char* flow : {"vfio_group_set_container", "device_claim_owner"}) {
    long rc = 0;
    const auto setup = [&](world* w) {
      two_devices(w);
      make_call(w, "device_add", {1, 2, 0, DEVICE_DIRECT});
      make_call(w, "device_probe", {3});
      make_call(w, "vfio_device_bind", {1});
    };
    const auto cpu1 = [&](world* w) { rc = make_call(w, flow, {1}).rc; };
    engine e;
    round_robin choose;
    const config c = machine();
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
  expect("device_attach_pasid", pasid_device,
         {{"no device", ENOENT, no_device},
          {"no driver", ENODEV, after("driver_unbind", {1}), 9},
          {"it has no PASIDs", EOPNOTSUPP, [](faulty_call& c) { c["device"] = 2; }, 9},
          {"the driver has one attached", EBUSY, after("device_attach_pasid", {1}), 9},
          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }, 9},
          {"no domain id", ENOSPC, no_domain_ids}});
  expect("device_detach_pasid",
         [pasid_device](world* w) {
           pasid_device(w);
           make_call(w, "device_attach_pasid", {1});
         },
         {{"no device", ENOENT, no_device},
          {"no driver", ENODEV, after("driver_unbind", {1})},
          {"nothing attached", EINVAL, after("device_detach_pasid", {1})}});
}

// Only where there is a fence a reset can fail.
TEST(iommu_errors, resets) {
  expect("device_reset", vfio_devices,
         {{"no device", ENOENT, no_device},
          {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})}},
         {EBUSY, ENOMEM});
  config fenced = with(machine(), {{"reset.fence", "nofail_passes"}});
  expect_errors({.flow = "device_reset",
                 .setup = vfio_devices,
                 .base = nothing,
                 .rows = {{"no device", ENOENT, no_device},
                          {"VFIO does not drive it", ENODEV, after("driver_unbind", {1}), 9},
                          {"its neighbour is being reset", EBUSY, resetting},
                          {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc"); }}},
                 .c = fenced});
}

TEST(iommu_errors, hardware) {
  expect(
      "device_dma",
      [](world* w) {
        container(w);
        make_call(w, "vfio_group_map_dma", {1});
      },
      {{"no device", ENOENT, no_device}, {"it is blocked", EFAULT, after("device_remove", {1})}});
}

}  // namespace
}  // namespace iorace::kern
