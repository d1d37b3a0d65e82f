// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How random strategies answer choice events, and where they put a switch.
#pragma once

#include <algorithm>
#include <bit>

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

// Returns a point of the execution to come, below the most that executions have had. Where that is
// not known, p comes up with a probability in proportion to about 1 / (p + 1), so that short
// executions are not left without any: a power of two first, then a number of that magnitude.
inline std::uint32_t random_point(rng& r, const execution_options& o) {
  if (o.points_estimate > 0) return r.below(o.points_estimate);
  const std::uint32_t n = std::max(o.points_max, 1u);
  const auto magnitudes = static_cast<std::uint32_t>(std::bit_width(n));
  for (;;) {
    const std::uint32_t base = std::uint32_t{1} << r.below(magnitudes);
    const std::uint32_t drawn = base - 1 + r.below(base);
    if (drawn < n) return drawn;
  }
}

}  // namespace iorace
