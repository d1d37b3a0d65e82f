// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/recorder.h"

namespace iorace {

void recorder::begin(const execution_options& o) {
  schedule_ = {};
  standing_.assign(1, {});
  anchors_.clear();
  sites_.clear();
  last_ = no_task;
  inner_.begin(o);
}

void recorder::arrive(const choice_view& view, task_id t) {
  char buffer[place_size];
  const pending_op& op = view.pending[t];
  const std::string_view place = names_.place(op, buffer);
  anchor& a = standing_[t];
  a = {one_word(names_.function(t)), op.kind, place.empty() ? "" : one_word(place), 1};
  a.occurrence = ++anchors_[one_word(names_.task(t)) + ' ' + to_text(a)];
}

task_id recorder::pick(const choice_view& view) {
  if (view.current != no_task && view.current < standing_.size()) arrive(view, view.current);
  while (standing_.size() < view.tasks) {
    standing_.emplace_back();
    arrive(view, static_cast<task_id>(standing_.size() - 1));
  }
  const task_id t = inner_.pick(view);
  if (t != last_) {
    if (last_ != no_task && view.is_enabled(last_))
      schedule_.segments.back().until = standing_[last_];
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
