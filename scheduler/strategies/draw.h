// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How random strategies answer choice events.
#pragma once

#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

// Choices are uniform. A fault comes up once in 16 draws: an execution that fails early explores
// nothing behind the failure.
inline std::uint32_t random_draw(rng& r, std::uint32_t n, draw_kind kind) {
  if (kind == draw_kind::choice) return r.below(n);
  const std::uint32_t drawn = r.below(16 * n);
  return drawn < n ? drawn : 0;
}

}  // namespace iorace
