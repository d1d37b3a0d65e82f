// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/surw.h"

#include <algorithm>

namespace iorace {

void surw::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  tasks_.begin();
  last_ = 0;
  intended_ = no_task;
  counter_.begin(to_be_counted(o.number));
  places_ = {};
  set_ = 0;
  if (known_ != nullptr) draw_places(o.number);
}

// To park a task inside a critical section is to stop others that are not meant, and the order of
// tasks that are alike tells little: such places come up seldom.
void surw::draw_places(std::uint64_t number) {
  const auto any = [this](std::size_t n) { return rng_.below(static_cast<std::uint32_t>(n)); };
  const auto members = known_->events.members();
  if (number >= deep && members.size() > 1 && any(16) != 0) {
    const std::uint32_t first = any(members.size()), other = any(members.size() - 1);
    places_ = {members[first], members[other < first ? other : other + 1]};
    set_ = places_[0] ^ places_[1];
    return;
  }
  const bool telling = any(16) != 0;
  auto places = known_->events.contested(telling);
  if (places.empty()) places = known_->events.contested(!telling);
  if (!places.empty()) places_[0] = places[any(places.size())];
}

std::uint32_t surw::weight(task_id t) const {
  const std::uint64_t task = event_counter::in_set(tasks_.signature(t), set_);
  std::uint32_t sum = set_ == 0 ? 0 : known_->events.weight(task, set_);
  if (sum != 0) return sum;
  for (const std::uint64_t place : places_)
    if (place != 0) sum += known_->events.weight(tasks_.signature(t), place);
  return sum;
}

// What a new task will do is no longer its creator's to do; if the creator was meant to make the
// next operation, that may have stood for one of the new task's.
void surw::meet(task_id creator) {
  const task_id t = tasks_.meet(creator);
  left_[t] = weight(t);
  if (creator == 0 || left_[t] == 0) return;
  if (intended_ == creator && rng_.below(std::max(left_[creator], left_[t])) < left_[t])
    intended_ = t;
  left_[creator] -= std::min(left_[creator], left_[t]);
}

void surw::end_of(task_id t) {
  left_[t] = 0;
  counter_.finished(tasks_, t);
  if (set_ != 0) counter_.finished(tasks_, t, set_);
}

void surw::look(const choice_view& view, task_id t) {
  interesting_.set(t, false);
  if (places_[0] == 0) return;
  const pending_op& op = view.pending[t];
  const std::uint64_t place = set_ != 0 ? member_key(view, op) : place_key(view, op);
  interesting_.set(t, place != 0 && (place == places_[0] || place == places_[1]));
}

// Who has come to an interesting operation makes at least that one, though tasks often end before
// it. With two members it may be one that tries again for ever, and is left until the others end.
void surw::intend(const choice_view& view) {
  std::uint32_t sum = 0;
  for (task_id t = 1; t < view.tasks; ++t) {
    if (set_ == 0 && interesting_.has(t)) left_[t] = std::max(left_[t], profile::unit);
    sum += left_[t];
  }
  intended_ = no_task;
  if (sum == 0) return;
  std::uint32_t drawn = rng_.below(sum);
  for (intended_ = 1; drawn >= left_[intended_]; ++intended_) drawn -= left_[intended_];
}

// Returns an enabled task that is not parked, each equally likely, or no_task. Parked is who came
// to an interesting operation while somebody else is meant to make the next one.
task_id surw::unparked(const choice_view& view) {
  if (intended_ == no_task) return nth_enabled(view, rng_.below(view.enabled_count));
  const auto free = [&](unsigned w) {
    const bool here = intended_ / 64 == w;
    const std::uint64_t meant = here ? std::uint64_t{1} << (intended_ % 64) : 0;
    return view.enabled[w] & (~interesting_.words[w] | meant);
  };
  unsigned count = 0;
  for (unsigned w = 0; w < view.words; ++w) count += bits_of(free(w));
  return count == 0 ? no_task : nth_task(rng_.below(count), view.words, free);
}

task_id surw::pick(const choice_view& view) {
  if (last_ != 0 && view.current == no_task) end_of(last_);
  if (last_ != 0 && view.current != no_task) look(view, last_);
  while (tasks_.known() < view.tasks) {
    meet(last_);
    look(view, static_cast<task_id>(tasks_.known() - 1));
  }
  if (intended_ == no_task || left_[intended_] == 0) intend(view);
  task_id picked = unparked(view);
  if (picked == no_task) {  // the one that was meant cannot go on
    intended_ = no_task;
    picked = unparked(view);
  }
  execute(view, picked);
  return last_ = picked;
}

void surw::execute(const choice_view& view, task_id t) {
  if (counter_.on()) {
    counter_.count(tasks_, t, view);
    if (set_ != 0) counter_.count_in(set_, tasks_, t, interesting_.has(t));
  }
  if (!interesting_.has(t)) return;
  left_[t] -= std::min(left_[t], profile::unit);
  intended_ = no_task;
}

std::uint32_t surw::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

bool surw::report(lesson& to, ended how) const {
  if (!counter_.on()) return false;
  counter_.report(how == ended::finished, to.events);
  return true;
}

}  // namespace iorace
