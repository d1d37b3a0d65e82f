// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/recorder.h"

namespace iorace {

void recorder::begin(const execution_options& o) {
  schedule_ = {};
  places_.begin();
  sites_.clear();
  last_ = no_task;
  inner_.begin(o);
}

task_id recorder::pick(const choice_view& view) {
  places_.look(view);
  const task_id t = inner_.pick(view);
  if (t != last_) {
    if (last_ != no_task && view.is_enabled(last_))
      schedule_.segments.back().until = places_.of(last_);
    schedule_.segments.push_back({one_word(names_.task(t)), std::nullopt});
  }
  return last_ = t;
}

std::uint32_t recorder::draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) {
  const std::uint32_t value = inner_.draw(task, site, n, kind);
  const std::string key = choice_site(names_.task(task), names_.function(task), site, 0);
  const std::uint32_t occurrence = ++sites_[key];
  if (value != 0)
    schedule_.choices.push_back(
        {choice_site(names_.task(task), names_.function(task), site, occurrence), value});
  return value;
}

}  // namespace iorace
