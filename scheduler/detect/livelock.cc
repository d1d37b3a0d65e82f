// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Livelock: at the step bound the strategy is set aside and the enabled tasks take turns. If the
// whole state (arena, stacks, pending operations) comes back while every enabled task has moved in
// between, none of them drew anything and one of them is the kernel's, it will come back for ever.
// Anything else at the bound is inconclusive.
#include <algorithm>

#include <xxhash.h>

#include "scheduler/detect/sides.h"
#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"

namespace iorace {

// The entry point of a turn.
struct engine_turns {
  static fiber* probe(void* e) { return static_cast<engine*>(e)->probe_livelock(); }
};

namespace {

constexpr std::size_t probe_points = 2048;
constexpr std::size_t probe_stack_bytes = std::size_t{64} << 10;

}  // namespace

std::uint64_t engine::state_hash() const {
  XXH64_hash_t h = XXH3_64bits(memory.base(), memory.used());
  h = XXH3_64bits_withSeed(enabled_, sizeof enabled_, h);
  h = XXH3_64bits_withSeed(&choices_, sizeof choices_, h);
  for (task_id t = 1; t < task_count_; ++t) {
    if (tasks_[t]->finished) continue;
    const std::span<const char> live = tasks_[t]->context.saved();
    h = XXH3_64bits_withSeed(live.data(), live.size(), h);
    h = XXH3_64bits_withSeed(&pending_[t].place, sizeof(void*), h);
  }
  return h;
}

// What a task goes round in: where in it the bound was met does not matter.
static std::string outermost_function(const engine& e, task_id t) {
  const char* outermost = "";
  for (std::uint32_t n = e.innermost(t); n != 0; n = e.frame(n).parent)
    if (!e.frame(n).call) outermost = e.frame(n).function;
  return *outermost != '\0' ? outermost : e.task_name(t);
}

// The kernel's part in it: users and devices may poll for ever.
finding engine::word_livelock(std::size_t period) const {
  finding f;
  std::vector<std::string> sides;
  for (task_id t = 1; t < task_count_; ++t) {
    const task_kind kind = tasks_[t]->kind;
    if (!view_.is_enabled(t) || kind == task_kind::user || kind == task_kind::device) continue;
    sides.push_back(outermost_function(*this, t));
    if (f.task != no_task && f.other_task == no_task) f.other_task = t;
    if (f.task == no_task) f.task = t;
  }
  if (sides.empty()) return f;
  f.kind = verdict::livelock;
  f.name = "livelock";
  f.title = f.name + in_sides(std::move(sides));
  f.detail = "the state repeats after " + std::to_string(period) +
             " points in which every enabled task moved";
  return f;
}

// Returns whose turn it is. Runs on the setup task's fiber, so that every other task is at rest
// with its registers saved.
fiber* engine::probe_livelock() {
  const std::size_t at = probe_hashes_.size();
  if (at == probe_points) end(ended::step_bound);
  if (at == 0) probe_next_ = 0;
  do probe_next_ = static_cast<task_id>(probe_next_ + 1u < task_count_ ? probe_next_ + 1u : 1u);
  while (!view_.is_enabled(probe_next_));
  const std::uint64_t h = state_hash() + probe_next_;
  for (std::size_t i = at; i-- > 0;) {
    if (probe_hashes_[i] != h || at - i < std::size_t{view_.enabled_count}) continue;
    finding f = word_livelock(at - i);
    if (f.kind == verdict::none) end(ended::step_bound);
    step_count_ = steps_at_bound_;  // how many turns it took depends on what stacks are like
    found_as(std::move(f));
  }
  probe_hashes_.push_back(h);
  become(probe_next_);
  return &me_->context;
}

// The running task stops; returns when it is its turn again.
task_id engine::take_turns() {
  task& t = *me_;
  const bool over = t.finished;
  if (probe_hashes_.empty()) steps_at_bound_ = step_count_;
  result_.past_bound = true;
  view_.point = points_max_ - 1;  // what counts turns must not be found on stacks
  become(0);
  tasks_[0]->context.prepare(engine_turns::probe, this, probe_stack_bytes);
  fiber::jump_by_call(t.context, tasks_[0]->context, over);
  return self_;
}

}  // namespace iorace
