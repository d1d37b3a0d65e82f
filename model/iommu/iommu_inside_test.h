// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of this chapter: the worlds that most of them begin in.
#pragma once

#include "model/iommu/iommu_world.h"
#include "model/test_calls.h"
#include "model/world.h"

namespace iorace::kern {

inline config of_iommu(config c) {
  c.chapters = chapter_bit(chapter::hw) | chapter_bit(chapter::iommu);
  return c;
}

// Two devices of one group, each with a requester id of its own.
inline void two_devices(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0});
  make_call(w, "device_add", {1, 1});
}
inline void one_probed(world* w) {
  two_devices(w);
  make_call(w, "device_probe", {1});
}
inline void both_probed(world* w) {
  one_probed(w);
  make_call(w, "device_probe", {2});
}
inline void both_of_vfio(world* w) {
  both_probed(w);
  make_call(w, "vfio_device_bind", {1});
  make_call(w, "vfio_device_bind", {2});
}
// A call for one device.
inline body calling(const char* flow, std::uint64_t device = 1) { return call_of(flow, {device}); }
// What `first` makes, and then a call.
inline body then(const body& first, const char* flow, std::uint64_t device = 1) {
  return [=](world* w) {
    first(w);
    make_call(w, flow, {device});
  };
}

}  // namespace iorace::kern
