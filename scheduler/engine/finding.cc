// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/finding.h"

namespace iorace {

std::span<const verdict_info> verdicts() {
  static constexpr verdict_info all[] = {
#define VERDICT(enumerator, name, sentence) {verdict::enumerator, name, sentence},
#include "scheduler/engine/verdict.def"
#undef VERDICT
  };
  return all;
}

}  // namespace iorace
