// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the user cannot map as long as a device is attached: what firmware does not give up, and
// where the platform answers. Firmware that gives way reserves nothing.
#include <gmock/gmock.h>

#include "model/iommu/iommu_errors_test.h"
#include "model/iommufd/idev.h"
#include "model/iommufd/idev_machine_test.h"
#include "model/iommufd/idev_steps_test.h"
#include "model/iommufd/inside_test.h"

namespace iorace::kern::this_file {
namespace {

// Two devices of VFIO that are bound. The second one is of the first one's group, or behind an
// IOMMU of its own.
body bound_with(std::uint64_t flags, bool same_group) {
  return [=](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_alloc");
    const std::uint64_t iommu = make_call(w, "iommu_add").out;
    const std::uint64_t other = make_call(w, "iommu_add").out;
    make_call(w, "device_add", {iommu, 0, 0, flags});
    make_call(w, "device_add", {same_group ? iommu : other, 1, same_group ? 0u : 1u, flags});
    for (const std::uint64_t device : {1u, 2u}) {
      make_call(w, "device_probe", {device});
      make_call(w, "vfio_device_bind", {device});
      make_call(w, "vfio_cdev_bind", {device});
    }
  };
}

// What `calls` return one after the other.
struct named_call {
  const char* flow;
  std::vector<std::uint64_t> args;
};
std::vector<long> results_of(const body& setup, const std::vector<named_call>& calls,
                             const config& c = of_idev(repaired_config())) {
  std::vector<long> rc;
  const std::string title = title_alone(c, setup, [&](world* w) {
    for (const named_call& call : calls) rc.push_back(make_call(w, call.flow, call.args).rc);
  });
  EXPECT_EQ(title, "");
  return rc;
}

named_call attach(std::uint64_t device, std::uint64_t ioas) {
  return {"vfio_cdev_attach", {device, ioas}};
}
named_call map(std::uint64_t ioas, std::uint64_t iova) {
  return {"ioas_map", {ioas, iova, 0x1000}};
}
named_call unmap(std::uint64_t ioas) { return {"ioas_unmap_all", {ioas}}; }

using testing::ElementsAre;

TEST(idev_reserved, nobody_maps_what_a_device_cannot_reach) {
  const std::vector<named_call> calls = {
      attach(1, 1),          map(1, platform_iova), map(1, vfio_iova), {"vfio_cdev_detach", {1}},
      map(1, platform_iova), attach(1, 1),          unmap(1),          attach(1, 1)};
  EXPECT_THAT(results_of(bound_with(DEVICE_RESERVED, true), calls),
              ElementsAre(0, -EINVAL, 0, 0, 0, -EADDRINUSE, 0, 0));
  EXPECT_THAT(results_of(bound_with(0, true), calls), ElementsAre(0, 0, 0, 0, -EEXIST, 0, 0, 0));
}

// Firmware has its page in the default domain and nowhere else.
TEST(idev_reserved, firmware_gives_way) {
  EXPECT_THAT(results_of(bound_with(DEVICE_RELAXABLE, true), {attach(1, 1),
                                                              {"device_dma_read", {1, vfio_iova}},
                                                              map(1, vfio_iova),
                                                              {"device_dma_read", {1, vfio_iova}},
                                                              {"vfio_cdev_close", {1}},
                                                              {"vfio_cdev_close", {2}},
                                                              {"device_dma_read", {1, vfio_iova}}}),
              ElementsAre(0, -EFAULT, 0, 0, 0, 0, 0));
}

// All devices of a group move, with what they reserve, or none does.
TEST(idev_reserved, a_group_moves) {
  const body both = in_order({bound_with(DEVICE_RESERVED, true), attaching(1, 1), attaching(2, 1)});
  EXPECT_THAT(results_of(both, {attach(1, 2), map(1, platform_iova), map(2, platform_iova)}),
              ElementsAre(0, 0, -EINVAL));
  EXPECT_THAT(results_of(both, {map(2, platform_iova), attach(1, 2), map(1, platform_iova)}),
              ElementsAre(0, -EADDRINUSE, -EINVAL));
}

// The search for a domain meets that of the other device first, which does not fit.
const std::vector<named_call> attach_again = {attach(1, 1), attach(2, 1), attach(2, 1)};

TEST(idev_reserved, attached_again_a_device_keeps_it) {
  std::vector<named_call> calls = attach_again;
  calls.push_back(map(1, platform_iova));
  EXPECT_THAT(results_of(bound_with(DEVICE_RESERVED, false), calls), ElementsAre(0, 0, 0, -EINVAL));
}

TEST(idev_reserved, upstream_gives_it_up) {
  const config c = with(of_idev(repaired_config()), {{"device_replace.unwind", "drops_all"}});
  const auto title_with = [&](std::uint64_t flags) {
    return title_alone(c, bound_with(flags, false), [](world* w) {
      for (const named_call& call : attach_again) make_call(w, call.flow, call.args);
    });
  };
  EXPECT_EQ(title_with(DEVICE_RESERVED), "reserved-not-kept in iommufd_device_do_replace");
  EXPECT_EQ(title_with(0), "");
}

// What is judged: a planted bug, and a near miss.
TEST(idev_contracts, reserved_not_kept) {
  const auto settled = [](std::uint64_t flags) {
    const body attached = in_order({bound_with(flags, true), attaching(1, 1)});
    return title_alone(of_idev(repaired_config()), attached, [](world* w) {
      device* const dev = this_world().iommu->devices[0];
      iopt_remove_reserved_iova(iopt_of(w), dev);
      make_call(w, "vfio_cdev_attach", {2, 1});
    });
  };
  EXPECT_EQ(settled(DEVICE_RESERVED), "reserved-not-kept in iommufd_hw_pagetable_attach");
  EXPECT_EQ(settled(DEVICE_RELAXABLE), "");
}

}  // namespace
}  // namespace iorace::kern::this_file
