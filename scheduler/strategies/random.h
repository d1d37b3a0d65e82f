// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A uniform choice among the enabled tasks at every point.
#pragma once

#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class random_strategy final : public strategy {
 public:
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  rng random_{0};
};

}  // namespace iorace
