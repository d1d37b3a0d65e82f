// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/pos.h"

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {

void pos::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  known_ = 1;
  last_ = no_task;
}

task_id pos::pick(const choice_view& view) {
  for (unsigned t = 1; t < known_ && last_ != no_task; ++t)
    if (t == last_ || dependent(executed_, view.pending[t])) priority_[t] = rng_.next();
  for (; known_ < view.tasks; ++known_) priority_[known_] = rng_.next();

  const task_id best = highest_enabled(view, [this](task_id t) { return priority_[t]; });
  executed_ = view.pending[best];
  return last_ = best;
}

std::uint32_t pos::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

}  // namespace iorace
