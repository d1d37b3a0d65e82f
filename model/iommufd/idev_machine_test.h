// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of devices that iommufd has: the machines that they begin in. Object 1 and object 2 are
// IO address spaces; the devices that are bound come next.
#pragma once

#include "model/iommu/iommu_inside_test.h"

namespace iorace::kern {

inline config of_idev(config c) {
  c.chapters = 0;
  for (const chapter of :
       {chapter::mm, chapter::hw, chapter::iommu, chapter::iommufd, chapter::idev})
    c.chapters |= chapter_bit(of);
  return c;
}

// Two devices of VFIO, of one group or of a group each.
inline body cdevs(std::uint64_t second_slot) {
  return [second_slot](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_alloc");
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1, 0});
    make_call(w, "device_add", {1, 1, second_slot});
    for (const std::uint64_t device : {1u, 2u}) {
      make_call(w, "device_probe", {device});
      make_call(w, "vfio_device_bind", {device});
    }
  };
}
inline body both_cdevs_bound(std::uint64_t second_slot) {
  return then(then(cdevs(second_slot), "vfio_cdev_bind", 1), "vfio_cdev_bind", 2);
}
inline body attaching(std::uint64_t device, std::uint64_t ioas) {
  return [=](world* w) { make_call(w, "vfio_cdev_attach", {device, ioas}); };
}
inline body in_order(std::vector<body> parts) {
  return [parts = std::move(parts)](world* w) {
    for (const body& part : parts) part(w);
  };
}

inline constexpr std::uint64_t one_group = 0, own_group = 1;
inline constexpr std::uint64_t idev_iova = 0x1000;
inline constexpr std::uint64_t beyond_idev_aperture = 0x10000;
inline constexpr std::uint64_t idev_memory = 0x100000;

}  // namespace iorace::kern
