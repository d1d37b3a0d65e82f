// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the calls of devices that iommufd has return, with the kernel's precedence. The setups have
// two devices of one group. Kernel: drivers/vfio/{device_cdev,iommufd}.c,
// drivers/iommu/iommufd/{device,hw_pagetable}.c @ 6.12.117.
#include "model/iommu/iommu_errors_test.h"
#include "model/iommufd/idev_machine_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t no_idev_memory = 0;

const body cdevs_of_a_group = cdevs(one_group);
const body bound_cdevs = both_cdevs_bound(one_group);

iommu_group* group_of_cdevs() { return this_world().iommu->devices[0]->iommu_group.peek(); }

// `field` of the group has another value during the call.
void tamper_with_group(faulty_call& c, shared<core_domain*> iommu_group::*field,
                       core_domain* (*value)()) {
  const auto before = std::make_shared<core_domain*>();
  c.before.push_back([=](world*) {
    *before = (group_of_cdevs()->*field).peek();
    (group_of_cdevs()->*field).poke(value());
  });
  c.after.push_back([=](world*) { (group_of_cdevs()->*field).poke(*before); });
}
void no_default_domain_yet(faulty_call& c) {
  tamper_with_group(c, &iommu_group::default_domain,
                    [] { return static_cast<core_domain*>(nullptr); });
}
void group_is_reset(faulty_call& c) {
  tamper_with_group(c, &iommu_group::resetting_domain,
                    [] { return group_of_cdevs()->blocking_domain.peek(); });
}
void with_direct_mappings(faulty_call& c) {
  c.before.push_back([](world* w) {
    make_call(w, "device_add", {1, 2, 1, DEVICE_DIRECT});
    make_call(w, "device_probe", {3});
    make_call(w, "vfio_device_bind", {3});
  });
  c["device"] = 3;
}

TEST(idev_errors, bind) {
  expect_returns(
      "vfio_cdev_bind", cdevs_of_a_group,
      {{"no device", ENOENT, no_device},
       {"VFIO does not drive it", ENODEV, after("driver_unbind", {1})},
       {"the group has a container", EBUSY, after("vfio_group_set_container", {2}), 1},
       {"it is bound", EINVAL, after("vfio_cdev_bind", {1})},
       {"no memory for the group", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 1); }},
       {"another owns the group", EPERM, after("device_claim_owner", {2, 3})},
       {"no default domain yet", EBUSY, no_default_domain_yet},
       {"no memory to block it", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 2); }},
       {"direct mappings", EINVAL, with_direct_mappings},
       {"no memory for the device", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 3); }},
       {"no answer", EFAULT, [](faulty_call& c) { c.fail("vfio_cdev_bind"); }}},
      {}, of_idev(repaired_config()));
}

// With another device of the group bound nothing is made for the group.
TEST(idev_errors, bind_the_second_device) {
  expect_returns("vfio_cdev_bind", then(cdevs_of_a_group, "vfio_cdev_bind", 2),
                 {{"it is bound", EINVAL, after("vfio_cdev_bind", {1})},
                  {"no memory", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 1); }},
                  {"no answer", EFAULT, [](faulty_call& c) { c.fail("vfio_cdev_bind"); }}},
                 {ENOENT, ENODEV, EPERM, EBUSY}, of_idev(repaired_config()));
}

// A group is used as a whole, or its devices one by one.
TEST(idev_errors, a_container_for_a_group_of_which_a_device_is_used) {
  const auto used = [](faulty_call& c) {
    after("vfio_cdev_bind", {2})(c);
    after("vfio_cdev_bind", {1})(c);
    after("vfio_cdev_close", {2})(c);
  };
  const auto not_used_any_more = [=](faulty_call& c) {
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

const std::vector<error_row> making_a_domain = {
    {"no memory for a page table", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 1); }},
    {"no memory for a domain", ENOMEM, [](faulty_call& c) { c.fail("kmalloc", 3); }},
    {"no domain id", ENOSPC, no_domain_ids},
};

TEST(idev_errors, attach) {
  std::vector<error_row> rows = {
      {"no device", ENOENT, no_device},
      {"it is not bound", EINVAL, after("vfio_cdev_close", {1})},
      {"no object", ENOENT, [](faulty_call& c) { c["ioas"] = 9; }, 1},
      {"an object of another kind", EINVAL, [](faulty_call& c) { c["ioas"] = 3; }},
  };
  rows.insert(rows.end(), making_a_domain.begin(), making_a_domain.end());
  const std::vector<error_row> attaching_it = {
      {"the group is attached elsewhere", EINVAL, after("vfio_cdev_attach", {2, 2})},
      {"it is reset", EBUSY, group_is_reset},
      {"what is mapped is beyond the aperture", EADDRINUSE,
       after("ioas_map", {1, beyond_idev_aperture, 0x1000})},
      {"no memory for a batch", ENOMEM, [](faulty_call& c) { c.fail("batch_init"); }},
      {"what is mapped is not there", EFAULT,
       after("ioas_map", {1, idev_iova, 0x1000, no_idev_memory})},
      {"over the limit", ENOMEM, [](faulty_call& c) { c.fail("pfn_reader_user_update_pinned"); }},
      {"no answer", EFAULT, [](faulty_call& c) { c.fail("vfio_cdev_attach"); }},
  };
  rows.insert(rows.end(), attaching_it.begin(), attaching_it.end());
  expect_returns("vfio_cdev_attach",
                 in_order({bound_cdevs,
                           [](world* w) {
                             make_call(w, "ioas_map", {1, idev_iova + 0x1000, 0x1000, idev_memory});
                           }}),
                 rows, {}, of_idev(repaired_config()));
}

// A device that is attached moves, with all of its group, once the new domain is filled.
TEST(idev_errors, replace) {
  const body attached =
      in_order({bound_cdevs, attaching(1, 2), attaching(2, 2), [](world* w) {
                  make_call(w, "ioas_map", {1, idev_iova + 0x1000, 0x1000, idev_memory});
                }});
  std::vector<error_row> rows = {
      {"no object", ENOENT, [](faulty_call& c) { c["ioas"] = 9; }, 1},
      {"an object of another kind", EINVAL, [](faulty_call& c) { c["ioas"] = 3; }},
  };
  rows.insert(rows.end(), making_a_domain.begin(), making_a_domain.end());
  const std::vector<error_row> moving_it = {
      {"what is mapped is beyond the aperture", EADDRINUSE,
       after("ioas_map", {1, beyond_idev_aperture, 0x1000})},
      {"no memory for a batch", ENOMEM, [](faulty_call& c) { c.fail("batch_init"); }},
      {"what is mapped is not there", EFAULT,
       after("ioas_map", {1, idev_iova, 0x1000, no_idev_memory})},
      {"over the limit", ENOMEM, [](faulty_call& c) { c.fail("pfn_reader_user_update_pinned"); }},
      {"it is reset", EBUSY, group_is_reset},
      {"no answer", EFAULT, [](faulty_call& c) { c.fail("vfio_cdev_attach"); }},
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
                 {{"a page table of the mock", EINVAL, [](faulty_call& c) { c["ioas"] = 5; }}},
                 {ENOENT, EADDRINUSE, EBUSY, ENOMEM, ENOSPC, EFAULT}, with_mock);
}

TEST(idev_errors, detach_and_close) {
  const body attached = in_order({bound_cdevs, attaching(1, 1)});
  expect_returns("vfio_cdev_detach", attached,
                 {{"no device", ENOENT, no_device},
                  {"it is not bound", EINVAL, after("vfio_cdev_close", {1})}},
                 {}, of_idev(repaired_config()));
  expect_returns(
      "vfio_cdev_close", attached,
      {{"no device", ENOENT, no_device}, {"it is not bound", EBADF, after("vfio_cdev_close", {1})}},
      {}, of_idev(repaired_config()));
}

}  // namespace
}  // namespace iorace::kern::this_file
