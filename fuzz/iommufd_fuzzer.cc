// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for iommufd.
#include "fuzz/fuzzer.h"

namespace iorace {

const fuzz_target fuzzed = {"iommufd", [] { return kern::flows_of(kern::chapter::iommufd); }};

}  // namespace iorace
