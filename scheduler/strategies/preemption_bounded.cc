// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/preemption_bounded.h"

#include <algorithm>

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {

void preemption_bounded::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  done_ = 0;
  for (unsigned i = 0; i < bound_; ++i) at_[i] = random_point(rng_, o);
  std::sort(at_.begin(), at_.begin() + bound_);
}

task_id preemption_bounded::pick(const choice_view& view) {
  const bool goes_on = view.current != no_task && view.is_enabled(view.current);
  if (!goes_on) return nth_enabled(view, rng_.below(view.enabled_count));
  // A point at which there is nobody else is none.
  if (done_ == bound_ || at_[done_] > view.point || view.enabled_count == 1) return view.current;
  ++done_;
  std::uint32_t drawn = rng_.below(view.enabled_count - 1);
  task_id picked = no_task;
  for_each_enabled(view, [&](task_id t) {
    if (t != view.current && drawn-- == 0) picked = t;
  });
  return picked;
}

std::uint32_t preemption_bounded::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

}  // namespace iorace
