// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/frontier.h"

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {

static_assert(tasks_max <= 256, "a pick is a byte");

frontier::frontier() {
  learnt_.any = true;
  learnt_.gone.picks.reserve(archive::length_max);
  learnt_.found.reserve(archive::ways_max);
}

void frontier::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  set_out();
  draws_.start(learnt_.gone.draws);
  steady_ = rng_.below(2) == 0;
  met_ = 1;
  last_ = no_task;
  reads_.begin();
  seen_.clear();
  learnt_.gone.picks.clear();
  learnt_.found.clear();
}

// One execution in eight begins anew.
void frontier::set_out() {
  path_ = nullptr;
  until_ = 0;
  learnt_.followed = ~0u;
  learnt_.gone.draws = rng_.next();
  if (known_ == nullptr || known_->ways.ways() == 0 || rng_.below(8) == 0) return;
  learnt_.followed = known_->ways.propose(rng_);
  path_ = &known_->ways.at(learnt_.followed);
  until_ = path_->picks.size();
  if (rng_.below(2) == 0) until_ = rng_.below(static_cast<std::uint32_t>(until_) + 1);
  learnt_.gone.draws = path_->draws;
}

// Who is steady changes now and then, so that one that spins does not go on for ever.
task_id frontier::choose(const choice_view& view) {
  if (view.point < until_) {
    const task_id t = path_->picks[view.point];
    if (t < view.tasks && view.is_enabled(t)) return t;
    until_ = 0;  // other places are points now
  }
  if (!steady_) return nth_enabled(view, rng_.below(view.enabled_count));
  if (last_ != no_task && rng_.below(16) == 0) priority_[last_] = rng_.next();
  return highest_enabled(view, [this](task_id t) { return priority_[t]; });
}

task_id frontier::pick(const choice_view& view) {
  for (; met_ < view.tasks; ++met_) priority_[met_] = rng_.next();
  reads_.follow(view);
  const task_id t = choose(view);
  note(view.point, t);
  return last_ = t;
}

void frontier::note(std::uint32_t point, task_id t) {
  if (point < archive::length_max) learnt_.gone.picks.push_back(static_cast<std::uint8_t>(t));
  const site_pair p = reads_.execute(t);
  if (p.reader == 0 || known_ == nullptr) return;
  const discovery d{.pair = mixed(p.reader, p.writer), .length = point + 1};
  if (!seen_.insert(d.pair) || !known_->ways.is_new(d)) return;
  if (learnt_.found.size() < archive::ways_max) learnt_.found.push_back(d);
}

std::uint32_t frontier::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(draws_, n, kind);
}

bool frontier::report(lesson& to, ended) const {
  if (learnt_.found.empty())
    to.ways = {.any = true, .followed = learnt_.followed};
  else
    to.ways = learnt_;
  return true;
}

}  // namespace iorace
