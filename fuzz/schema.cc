// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/program.h"

namespace iorace {

const schema& kernel_schema() {
  static const schema s{kern::flows(), kern::knobs(), kern::limits(), kern::invariants()};
  return s;
}

}  // namespace iorace
