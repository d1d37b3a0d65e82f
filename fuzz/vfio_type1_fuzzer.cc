// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for containers of VFIO type1.
#include "fuzz/fuzzer.h"

namespace iorace {

const fuzz_target fuzzed = {"vfio_type1", [] { return kern::flows_of(kern::chapter::vfio_type1); }};

}  // namespace iorace
