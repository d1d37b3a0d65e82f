// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A uniform choice among the enabled tasks at every point.
#pragma once

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

// Returns the enabled task number `k` in order of ids. Requires: k < view.enabled_count.
task_id nth_enabled_of_many(const choice_view& view, unsigned k);
inline task_id nth_enabled(const choice_view& view, unsigned k) {
  if (view.words > 1 || k > 3) return nth_enabled_of_many(view, k);
  std::uint64_t word = view.enabled[0];
  // Without a branch: whether one more bit goes is what no processor can predict.
  for (unsigned i = 0; i < 3; ++i) word = i < k ? word & (word - 1) : word;
  return static_cast<task_id>(lowest_bit(word));
}

class random_strategy final : public strategy {
 public:
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  rng random_{0};
};

}  // namespace iorace
