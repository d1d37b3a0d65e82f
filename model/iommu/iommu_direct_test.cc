// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What firmware wants to be mapped: it is in the default domain before a device is attached to
// that, and is tried again afterwards; without it there is no default domain.
#include "model/iommu/iommu_errors_test.h"
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

void one_direct(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0, 0, DEVICE_DIRECT});
}
void joins_probed(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0});
  make_call(w, "device_add", {1, 1, 0, DEVICE_DIRECT});
  make_call(w, "device_probe", {1});
}

// What DMA of device `device` to firmware's memory returns after `calls` for each device.
long dma_after(const body& setup, std::initializer_list<const char*> calls, std::uint64_t device) {
  long rc = 0;
  const body cpu1 = [&](world* w) {
    for (std::uint64_t i = 1; i <= this_world().iommu->device_count; ++i)
      for (const char* flow : calls) make_call(w, flow, {i});
    rc = make_call(w, "device_dma", {device}).rc;
  };
  engine e;
  round_robin choose;
  const config c = stepped_machine();
  EXPECT_EQ(e.run(program_of(c, setup, {cpu1}), choose, {}).how, ended::finished)
      << e.last_finding().title;
  return rc;
}

TEST(iommu_direct, firmware_goes_on) {
  EXPECT_EQ(dma_after(one_direct, {}, 1), -EFAULT);
  for (const char* probe : {"device_probe", "bus_probe"})
    EXPECT_EQ(dma_after(one_direct, {probe}, 1), 0) << probe;
  EXPECT_EQ(dma_after(one_direct, {"device_probe", "iommu_group_type"}, 1), 0);
  EXPECT_EQ(dma_after(one_direct, {"device_probe", "device_remove"}, 1), -EFAULT);
}

// What is mapped for one device of a group, the others reach, too.
TEST(iommu_direct, a_group_has_one_default_domain) {
  EXPECT_EQ(dma_after(joins_probed, {}, 1), -EFAULT);
  EXPECT_EQ(dma_after(joins_probed, {"device_probe"}, 1), 0);
  EXPECT_EQ(dma_after(joins_probed, {"device_probe"}, 2), 0);
}

TEST(iommu_direct, without_it_there_is_no_default_domain) {
  const auto unmappable = [](unsigned first) {
    return [first](faulty_call& c) {
      c.fail("kmalloc", first);
      c.fail("kmalloc", first + 1);
    };
  };
  for (const char* flow : {"device_probe", "bus_probe"})
    expect_returns(flow, one_direct, {{"no table, twice", ENOMEM, unmappable(7)}},
                   flow == std::string_view("bus_probe")
                       ? std::set<int>{ENOSPC, EINVAL}
                       : std::set<int>{ENOENT, ENODEV, EBUSY, ENOSPC, EINVAL});
  expect_returns("iommu_group_type",
                 [](world* w) {
                   one_direct(w);
                   make_call(w, "device_probe", {1});
                   make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA_FQ});
                 },
                 {{"no table, twice", ENOMEM, unmappable(3)}},
                 {ENOENT, EINVAL, ENODEV, EPERM, EBUSY, ENOSPC});
}

TEST(iommu_steps, map_what_firmware_uses) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = one_direct,
                .cpu1 = calling("device_probe"),
                .steps = {{"list_add", "list_add group#1.1.devices"},
                          {"domain", "kmalloc dom#1.1", new_group_mutex},
                          {"required", "write dev_iommu#1.1.require_direct", new_group_mutex},
                          {"mapped", "kmalloc table#1.2", new_group_mutex},
                          {"default", "write group#1.1.default_domain", new_group_mutex},
                          {"attached", "list_add dom#1.1.devices", new_group_mutex},
                          {"set_domain", "write group#1.1.domain", new_group_mutex},
                          {"L-", "mutex_unlock group#1.1.mutex", new_group_mutex}},
                .c = stepped_machine()});
}

// Once the first allocation has failed, the device is attached without the mapping for a while.
TEST(iommu_steps, map_what_firmware_uses_after_the_attach) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = one_direct,
                .cpu1 = calling("device_probe"),
                .steps = {{"required", "write dev_iommu#1.1.require_direct"},
                          {"default", "write group#1.1.default_domain", new_group_mutex},
                          {"attached", "list_add dom#1.1.devices", new_group_mutex},
                          {"set_domain", "write group#1.1.domain", new_group_mutex},
                          {"mapped", "kmalloc table#1.2", new_group_mutex},
                          {"L-", "mutex_unlock group#1.1.mutex", new_group_mutex}},
                .c = stepped_machine(),
                .fault = "kmalloc",
                .draw = 7});
}

// The new default domain has it before the devices are attached to that.
TEST(iommu_steps, a_type_with_what_firmware_uses) {
  stepped_flow flow = {.pairs = 6,
                       .unlocked = 0,
                       .setup =
                           [](world* w) {
                             one_direct(w);
                             make_call(w, "device_probe", {1});
                             make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA_FQ});
                           },
                       .cpu1 =
                           [](world* w) {
                             make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA});
                           },
                       .steps = {{"allocate", "kmalloc dom#1.1"},
                                 {"mapped", "kmalloc table#1.2", group_mutex},
                                 {"default", "write group#1.default_domain", group_mutex},
                                 {"attached", "list_add dom#1.1.devices", group_mutex},
                                 {"set_domain", "write group#1.domain", group_mutex},
                                 {"free the old one", "kfree dom#2", group_mutex},
                                 {"L-", "mutex_unlock group#1.mutex", group_mutex}},
                       .c = stepped_machine()};
  expect_pairs(flow);
}

}  // namespace
}  // namespace iorace::kern::this_file
