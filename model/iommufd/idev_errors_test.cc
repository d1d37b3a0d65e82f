// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the calls of devices that iommufd has return, with the kernel's precedence. The setups have
// two devices of one group. Kernel: drivers/vfio/{device_cdev,iommufd}.c,
// drivers/iommu/iommufd/{device,hw_pagetable}.c @ 6.12.117.
#include "model/iommu/iommu_errors_test.h"
#include "model/iommufd/idev_machine_test.h"

namespace iorace::kern {
namespace {

using call = faulty_call;

constexpr std::uint64_t iova = 0x1000;
constexpr std::uint64_t beyond_aperture = 0x10000;
constexpr std::uint64_t memory = 0x100000, no_memory = 0;

const body cdevs_of_a_group = cdevs(one_group);
const body bound_cdevs = both_cdevs_bound(one_group);

iommu_group* group_of_cdevs() { return this_world().iommu->devices[0]->iommu_group.peek(); }

// `field` of the group has another value during the call.
void tamper_with_group(call& c, shared<core_domain*> iommu_group::* field, core_domain* (*value)()) {
  const auto before = std::make_shared<core_domain*>();
  c.before.push_back([=](world*) {
    *before = (group_of_cdevs()->*field).peek();
    (group_of_cdevs()->*field).poke(value());
  });
  c.after.push_back([=](world*) { (group_of_cdevs()->*field).poke(*before); });
}
void no_default_domain_yet(call& c) {
  tamper_with_group(c, &iommu_group::default_domain, [] { return static_cast<core_domain*>(nullptr); });
}
void is_reset(call& c) {
  tamper_with_group(c, &iommu_group::resetting_domain,
                    [] { return group_of_cdevs()->blocking_domain.peek(); });
}
void with_direct_mappings(call& c) {
  c.before.push_back([](world* w) {
    make_call(w, "device_add", {1, 2, 1, DEVICE_DIRECT});
    make_call(w, "device_probe", {3});
    make_call(w, "vfio_device_bind", {3});
  });
  c["device"] = 3;
}

TEST(idev_errors, bind) {
  expect_returns("vfio_cdev_bind", cdevs_of_a_group,
                 {{"no device", ENOENT, no_device},
                  {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
                  {"the group has a container", EBUSY, after("vfio_group_set_container", {2}), 1},
                  {"it is bound", EINVAL, after("vfio_cdev_bind", {1})},
                  {"no memory for the group", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                  {"another owns the group", EPERM, after("device_claim_owner", {2, 3})},
                  {"no default domain yet", EBUSY, no_default_domain_yet},
                  {"no memory to block it", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                  {"direct mappings", EINVAL, with_direct_mappings},
                  {"no memory for the device", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
                  {"no answer", EFAULT, [](call& c) { c.fail("vfio_cdev_bind"); }}},
                 {}, of_idev(repaired_config()));
}

// With another device of the group bound nothing is made for the group.
TEST(idev_errors, bind_the_second_device) {
  expect_returns("vfio_cdev_bind", then(cdevs_of_a_group, "vfio_cdev_bind", 2),
                 {{"it is bound", EINVAL, after("vfio_cdev_bind", {1})},
                  {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                  {"no answer", EFAULT, [](call& c) { c.fail("vfio_cdev_bind"); }}},
                 {ENOENT, ENODEV, EPERM, EBUSY}, of_idev(repaired_config()));
}

// A group is used as a whole, or its devices one by one.
TEST(idev_errors, a_container_for_a_group_of_which_a_device_is_used) {
  const auto used = [](call& c) {
    after("vfio_cdev_bind", {2})(c);
    after("vfio_cdev_bind", {1})(c);
    after("vfio_cdev_close", {2})(c);
  };
  const auto not_used_any_more = [=](call& c) {
    used(c);
    after("vfio_cdev_close", {1})(c);
    after("driver_unbind", {1})(c);
    after("driver_unbind", {2})(c);
  };
  expect_returns("vfio_group_set_container", cdevs_of_a_group,
                 {{"a device is used", EBUSY, used, 9},
                  {"none is, and none is there", ENODEV, not_used_any_more}},
                 {ENOENT, EINVAL, EPERM, ENOMEM, ENOSPC}, of_idev(repaired_config()));
}

// Before the devices know of each other: their group is attached elsewhere.
const std::vector<error_row> making_a_domain = {
    {"no memory for a page table", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
    {"no memory for a domain", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
    {"no domain id", ENOSPC, no_domain_ids},
};

TEST(idev_errors, attach) {
  std::vector<error_row> rows = {
      {"no device", ENOENT, no_device},
      {"it is not bound", EINVAL, after("vfio_cdev_close", {1})},
      {"no object", ENOENT, [](call& c) { c["ioas"] = 9; }, 1},
      {"an object of another kind", EINVAL, [](call& c) { c["ioas"] = 3; }},
  };
  rows.insert(rows.end(), making_a_domain.begin(), making_a_domain.end());
  const std::vector<error_row> attaching_it = {
      {"the group is attached elsewhere", EINVAL, after("vfio_cdev_attach", {2, 2})},
      {"it is reset", EBUSY, is_reset},
      {"what is mapped is beyond the aperture", EADDRINUSE,
       after("ioas_map", {1, beyond_aperture, 0x1000})},
      {"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
      {"what is mapped is not there", EFAULT, after("ioas_map", {1, iova, 0x1000, no_memory})},
      {"over the limit", ENOMEM, [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
      {"no answer", EFAULT, [](call& c) { c.fail("vfio_cdev_attach"); }},
  };
  rows.insert(rows.end(), attaching_it.begin(), attaching_it.end());
  expect_returns("vfio_cdev_attach",
                 in_order({bound_cdevs,
                           [](world* w) {
                             make_call(w, "ioas_map", {1, iova + 0x1000, 0x1000, memory});
                           }}),
                 rows, {}, of_idev(repaired_config()));
}

// A device that is attached moves, with all of its group, once the new domain is filled.
TEST(idev_errors, replace) {
  const body attached =
      in_order({bound_cdevs, attaching(1, 2), attaching(2, 2), [](world* w) {
                  make_call(w, "ioas_map", {1, iova + 0x1000, 0x1000, memory});
                }});
  std::vector<error_row> rows = {
      {"no object", ENOENT, [](call& c) { c["ioas"] = 9; }, 1},
      {"an object of another kind", EINVAL, [](call& c) { c["ioas"] = 3; }},
  };
  rows.insert(rows.end(), making_a_domain.begin(), making_a_domain.end());
  const std::vector<error_row> moving_it = {
      {"what is mapped is beyond the aperture", EADDRINUSE,
       after("ioas_map", {1, beyond_aperture, 0x1000})},
      {"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
      {"what is mapped is not there", EFAULT, after("ioas_map", {1, iova, 0x1000, no_memory})},
      {"over the limit", ENOMEM, [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
      {"it is reset", EBUSY, is_reset},
      {"no answer", EFAULT, [](call& c) { c.fail("vfio_cdev_attach"); }},
  };
  rows.insert(rows.end(), moving_it.begin(), moving_it.end());
  for (const char* publish : {"after_attach", "marked_first", "before_attach"})
    expect_returns("vfio_cdev_attach", attached, rows, {},
                   with(of_idev(repaired_config()), {{"auto_domain.publish", publish}}));
}

// The driver of the device has not made it.
TEST(idev_errors, attach_to_a_domain_of_the_mock) {
  config with_mock = of_idev(repaired_config());
  with_mock.chapters |= chapter_bit(chapter::mock);
  expect_returns("vfio_cdev_attach", then(bound_cdevs, "hwpt_alloc", 1),
                 {{"a page table of the mock", EINVAL, [](call& c) { c["ioas"] = 5; }}},
                 {ENOENT, EADDRINUSE, EBUSY, ENOMEM, ENOSPC, EFAULT}, with_mock);
}

TEST(idev_errors, detach_and_close) {
  const body attached = in_order({bound_cdevs, attaching(1, 1)});
  expect_returns("vfio_cdev_detach", attached,
                 {{"no device", ENOENT, no_device},
                  {"it is not bound", EINVAL, after("vfio_cdev_close", {1})}},
                 {}, of_idev(repaired_config()));
  expect_returns("vfio_cdev_close", attached,
                 {{"no device", ENOENT, no_device},
                  {"it is not bound", EBADF, after("vfio_cdev_close", {1})}},
                 {}, of_idev(repaired_config()));
}

// Binding, detaching and closing twice in a row; what an attachment does not need may be done
// without one.
TEST(idev_errors, calls_in_a_row) {
  engine e;
  const config c = of_idev(repaired_config());
  std::vector<long> rc;
  const auto cpu1 = [&](world* w) {
    const auto add = [&](const char* flow, std::initializer_list<std::uint64_t> args) {
      rc.push_back(make_call(w, flow, args).rc);
    };
    add("vfio_cdev_detach", {1});     // not attached
    add("vfio_cdev_attach", {1, 1});
    add("vfio_cdev_attach", {1, 1});  // where it is
    add("vfio_cdev_attach", {2, 2});  // its group is elsewhere
    add("vfio_cdev_attach", {2, 1});
    add("ioas_destroy", {1});
    add("object_destroy", {3});       // the device, which its user holds
    add("vfio_cdev_attach", {2, 2});  // takes the other one along
    add("ioas_destroy", {1});
    add("vfio_cdev_detach", {2});
    add("ioas_destroy", {2});
    add("vfio_cdev_detach", {1});
    add("ioas_destroy", {2});
    add("vfio_cdev_close", {1});
    add("vfio_cdev_close", {1});
  };
  round_robin choose;
  EXPECT_EQ(e.run(program_of(c, bound_cdevs, {cpu1}), choose, {}).how, ended::finished)
      << e.last_finding().title;
  EXPECT_THAT(rc, testing::ElementsAre(0, 0, 0, -EINVAL, 0, -EBUSY, -EBUSY, 0, 0, 0, -EBUSY, 0, 0,
                                       0, -EBADF));
}

TEST(idev_errors, hardware) {
  const body mapped = in_order({bound_cdevs, attaching(1, 1), [](world* w) {
                                  make_call(w, "ioas_map", {1, iova, 0x1000, memory});
                                }});
  for (const char* flow : {"device_dma_read", "device_dma_write"})
    expect_returns(flow, mapped,
                   {{"no device", ENOENT, no_device},
                    {"nothing is mapped", EFAULT, after("ioas_unmap_all", {1}), 9},
                    {"beyond the aperture", EFAULT, [](call& c) { c["iova"] = beyond_aperture; }, 9},
                    {"it is detached", EFAULT, after("vfio_cdev_detach", {1}), 9},
                    {"it is closed", EFAULT, after("vfio_cdev_close", {1}), 9}},
                   {}, of_idev(repaired_config()));
  const auto hwpt = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "hwpt_alloc", {1});
    make_call(w, "ioas_map", {1, 0x1000000, 0x1000});
  };
  for (const char* flow : {"hwpt_dma_read", "hwpt_dma_write"})
    expect_errors({.flow = flow,
                   .setup = hwpt,
                   .base = [](call& c) { c["hwpt"] = 2; },
                   .rows = {{"no such page table", ENOENT, [](call& c) { c["hwpt"] = 1; }, 1},
                            {"no device has the number", ENOENT, [](call& c) { c["hwpt"] = 64; }},
                            {"it is destroyed", EFAULT, after("hwpt_destroy", {2})},
                            {"nothing is mapped", EFAULT, after("ioas_unmap_all", {1})},
                            {"beyond the aperture", EFAULT,
                             [](call& c) { c["iova"] = std::uint64_t{1} << 31; }}}});
}

}  // namespace
}  // namespace iorace::kern
