// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for IOMMU hardware and the DMA API. The iommu core has a target of its own: a
// device has one driver, and does not survive two.
#include "fuzz/fuzzer.h"

namespace iorace {

const fuzz_target fuzzed = {"hw", [] { return kern::flows_of(kern::chapter::hw); }};

}  // namespace iorace
