// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/urw.h"

#include "scheduler/strategies/each_enabled.h"

namespace iorace {

void urw::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  tasks_.begin();
  last_ = 0;
  counter_.begin(to_be_counted(o.number));
}

// What a new task will do is no longer its creator's to do.
void urw::meet(task_id creator) {
  const task_id t = tasks_.meet(creator);
  const std::uint32_t own = known_ == nullptr ? 0 : known_->events.weight(tasks_.signature(t), 0);
  left_[t] = std::max(own, profile::unit);
  if (creator != 0) left_[creator] -= std::min(left_[creator], own);
}

task_id urw::pick(const choice_view& view) {
  if (last_ != 0 && view.current == no_task) counter_.finished(tasks_, last_);
  while (tasks_.known() < view.tasks) meet(last_);
  std::uint32_t sum = 0;
  for_each_enabled(view, [&](task_id t) { sum += std::max(left_[t], profile::unit); });
  std::uint32_t drawn = rng_.below(sum);
  task_id picked = no_task;
  for_each_enabled(view, [&](task_id t) {
    const std::uint32_t weight = std::max(left_[t], profile::unit);
    if (picked == no_task && drawn < weight) picked = t;
    if (picked == no_task) drawn -= weight;
  });
  left_[picked] -= std::min(left_[picked], profile::unit);
  if (counter_.on()) counter_.count(tasks_, picked, view);
  return last_ = picked;
}

std::uint32_t urw::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

bool urw::report(lesson& to, ended how) const {
  if (!counter_.on()) return false;
  counter_.report(how == ended::finished, to.events);
  return true;
}

}  // namespace iorace
