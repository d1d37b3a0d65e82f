// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/hold.h"

#include <vector>

namespace iorace {

void hold::begin(const execution_options& o) {
  places_.begin();
  phase_ = phase::before;
  held_ = other_ = no_task;
  passing_ = false;
  follow_.begin(o);
}

task_id hold::called(const choice_view& view, const std::string& name) const {
  for (task_id t = 1; t < view.tasks; ++t)
    if (one_word(names_.task(t)) == name) return t;
  return no_task;
}

task_id hold::follow_without_held(const choice_view& view) {
  if (!view.is_enabled(held_)) return follow_.pick(view);
  std::vector<std::uint64_t> enabled(view.enabled, view.enabled + view.words);
  enabled[held_ / 64] &= ~(std::uint64_t{1} << (held_ % 64));
  choice_view masked = view;
  masked.enabled = enabled.data();
  --masked.enabled_count;
  return follow_.pick(masked);
}

void hold::step(const choice_view& view) {
  if (held_ == no_task) held_ = called(view, what_.task);
  if (other_ == no_task) other_ = called(view, what_.other);
  if (passing_ && (phase_ == phase::before || phase_ == phase::held))
    phase_ = phase_ == phase::held ? phase::catching_up : phase::failed;
  if (phase_ == phase::before && stands(held_, what_.at)) phase_ = phase::held;
  // Nobody else can go on: what they wait for is the held task's.
  if (phase_ == phase::held && view.enabled_count == 1 && view.is_enabled(held_))
    phase_ = phase::failed;
  if (phase_ == phase::catching_up && what_.caught_up && stands(held_, *what_.caught_up))
    phase_ = phase::done;
}

task_id hold::pick(const choice_view& view) {
  places_.look(view);
  step(view);
  const bool held = phase_ == phase::held;
  const task_id first = phase_ == phase::catching_up ? held_
                        : held && what_.at_once      ? other_
                                                     : no_task;
  task_id t = first;
  if (first != no_task && view.is_enabled(first))
    follow_.watch(view);
  else
    t = held ? follow_without_held(view) : follow_.pick(view);
  passing_ = t == other_ && stands(other_, what_.past);
  return t;
}

}  // namespace iorace
