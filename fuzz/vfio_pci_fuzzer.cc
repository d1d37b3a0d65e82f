// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for BARs of vfio-pci devices.
#include "fuzz/fuzzer.h"

namespace iorace {

const fuzz_target fuzzed = {"vfio_pci", [] { return kern::flows_of(kern::chapter::vfio_pci); }};

}  // namespace iorace
