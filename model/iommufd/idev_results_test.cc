// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What calls of devices that iommufd has return one after the other, and what the devices reach
// then.
#include "model/iommu/iommu_errors_test.h"
#include "model/iommufd/idev_machine_test.h"

namespace iorace::kern::this_file {
namespace {

const body cdevs_for_results = both_cdevs_bound(one_group);

// Binding, detaching and closing twice in a row; what an attachment does not need may be done
// without one.
TEST(idev_results, calls_in_a_row) {
  engine e;
  const config c = of_idev(repaired_config());
  std::vector<long> rc;
  const auto cpu1 = [&](world* w) {
    const auto add = [&](const char* flow, std::initializer_list<std::uint64_t> args) {
      rc.push_back(make_call(w, flow, args).rc);
    };
    add("vfio_cdev_detach", {1});  // not attached
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
  EXPECT_EQ(e.run(program_of(c, cdevs_for_results, {cpu1}), choose, {}).how, ended::finished)
      << e.last_finding().title;
  EXPECT_THAT(rc, testing::ElementsAre(0, 0, 0, -EINVAL, 0, -EBUSY, -EBUSY, 0, 0, 0, -EBUSY, 0, 0,
                                       0, -EBADF));
}

// Wherever the device was before, it is detached; the other one of its group has moved.
TEST(idev_results, attach_without_an_answer) {
  engine e;
  const config c = of_idev(repaired_config());
  const body attached = in_order({cdevs_for_results, attaching(1, 1), attaching(2, 1)});
  faulty_call move("vfio_cdev_attach");
  move["ioas"] = 2;
  move.fail("vfio_cdev_attach");
  std::vector<long> rc;
  move.after.push_back([&](world* w) {
    rc.push_back(make_call(w, "ioas_destroy", {1}).rc);
    rc.push_back(make_call(w, "ioas_destroy", {2}).rc);
    rc.push_back(make_call(w, "vfio_cdev_detach", {2}).rc);
    rc.push_back(make_call(w, "ioas_destroy", {2}).rc);
  });
  EXPECT_EQ(result_of(e, move, {.flow = "", .setup = attached, .base = {}, .rows = {}, .c = c}),
            -EFAULT);
  EXPECT_THAT(rc, testing::ElementsAre(0, -EBUSY, 0, 0));
}

// A domain that was made for a device of one IOMMU is of no use behind another.
TEST(idev_results, attach_behind_another_iommu) {
  engine e;
  const config c = of_idev(repaired_config());
  std::vector<long> rc;
  const auto setup = [&](world* w) {
    cdevs_for_results(w);
    const std::uint64_t second = make_call(w, "iommu_add").out;
    make_call(w, "device_add", {second, 0, 1});
    make_call(w, "device_probe", {3});
    make_call(w, "vfio_device_bind", {3});
    make_call(w, "vfio_cdev_bind", {3});
  };
  const auto cpu1 = [&](world* w) {
    for (const std::uint64_t device : {1u, 3u})
      rc.push_back(make_call(w, "vfio_cdev_attach", {device, 1}).rc);
    rc.push_back(make_call(w, "ioas_map", {1, idev_iova, 0x1000, idev_memory}).rc);
    for (const std::uint64_t device : {1u, 3u})
      rc.push_back(make_call(w, "device_dma_read", {device, idev_iova}).rc);
    rc.push_back(make_call(w, "vfio_cdev_close", {1}).rc);
    for (const std::uint64_t device : {1u, 3u})
      rc.push_back(make_call(w, "device_dma_read", {device, idev_iova}).rc);
  };
  round_robin choose;
  EXPECT_EQ(e.run(program_of(c, setup, {cpu1}), choose, {}).how, ended::finished)
      << e.last_finding().title;
  EXPECT_THAT(rc, testing::ElementsAre(0, 0, 0, 0, 0, 0, -EFAULT, 0));
}

TEST(idev_results, hardware) {
  const body mapped = in_order({cdevs_for_results, attaching(1, 1), [](world* w) {
                                  make_call(w, "ioas_map", {1, idev_iova, 0x1000, idev_memory});
                                }});
  for (const char* flow : {"device_dma_read", "device_dma_write"})
    expect_returns(flow, mapped,
                   {{"no device", ENOENT, no_device},
                    {"nothing is mapped", EFAULT, after("ioas_unmap_all", {1}), 9},
                    {"beyond the aperture", EFAULT,
                     [](faulty_call& c) { c["iova"] = beyond_idev_aperture; }, 9},
                    {"it is detached", EFAULT, after("vfio_cdev_detach", {1}), 9},
                    {"it is closed", EFAULT, after("vfio_cdev_close", {1}), 9}},
                   {}, of_idev(repaired_config()));
  const auto hwpt = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "hwpt_alloc", {1});
    make_call(w, "ioas_map", {1, 0x1000000, 0x1000});
  };
  for (const char* flow : {"hwpt_dma_read", "hwpt_dma_write"})
    expect_errors(
        {.flow = flow,
         .setup = hwpt,
         .base = [](faulty_call& c) { c["hwpt"] = 2; },
         .rows = {{"no such page table", ENOENT, [](faulty_call& c) { c["hwpt"] = 1; }, 1},
                  {"no device has the number", ENOENT, [](faulty_call& c) { c["hwpt"] = 64; }},
                  {"it is destroyed", EFAULT, after("hwpt_destroy", {2})},
                  {"nothing is mapped", EFAULT, after("ioas_unmap_all", {1})},
                  {"beyond the aperture", EFAULT,
                   [](faulty_call& c) { c["iova"] = std::uint64_t{1} << 31; }}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
