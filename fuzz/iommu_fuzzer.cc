// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for the iommu core and VFIO's use of it.
#include "fuzz/fuzzer.h"

namespace iorace {
namespace {

// Before the chapter's flows stands the one that makes what its devices are behind.
std::span<const kern::flow_info> flows() {
  const auto all = kern::flows();
  const std::size_t first = place_of(all, "iommu_add");
  return all.subspan(first, place_of(all, "device_detach_pasid") + 1 - first);
}

}  // namespace

const fuzz_target fuzzed = {"iommu", flows};

}  // namespace iorace
