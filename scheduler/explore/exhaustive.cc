// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/exhaustive.h"

#include <algorithm>

#include "scheduler/engine/check.h"
#include "scheduler/strategies/each_enabled.h"
#include "scheduler/sync/admission.h"
#include "scheduler/sync/awaited.h"
#include "scheduler/sync/list.h"

namespace iorace {
namespace {

// A task moves on for this part of an execution's points at most.
constexpr std::uint32_t runs_until_bound = 20;

bool may_time_out(const task& t) { return t.by == waits_for::timer || t.by == waits_for::alarm; }

}  // namespace

// An execution that makes more tasks than any before it begins a second time.
void exhaustive::begin(const execution_options& o) {
  if (begun_) log_.rewind(keep_);
  begun_ = true;
  at_ = 0;
  keep_ = log_.size();
  newest_ = no_event;
  over_ = settled_ = lost_ = false;
  drawn_ = number_ = 0;
  known_ = 0;
  mover_ = no_task;
  moves_max_ = o.points_max / runs_until_bound;
  ours_.resize(tasks_max);
  sleepers_.assign(births_.size(), {});
  children_.assign(births_.size(), 0);
  dead_.clear();
  picks_.clear();
  numbers_.clear();
  for (event_id e = 0; e < keep_; ++e)
    if (log_.events[log_.at(e)].dead) dead_.push_back(e);
}

task_id exhaustive::pick(const choice_view& view) {
  picks_.push_back(move(view));
  return picks_.back();
}

task_id exhaustive::move(const choice_view& view) {
  if (over_) return give_up(view);
  if (newest_ >= keep_) close();
  if (view.tasks != known_) meet(view);
  follow_sleepers();
  while (at_ < keep_ && log_.events[log_.at(at_)].dead) ++at_;
  const task_id t = choose(view);
  if (t == no_task) return give_up(view);
  lost_ = deaths_ && at_ >= keep_ && !view.is_enabled(t);
  if (lost_) return give_up(view);
  CHECK(view.is_enabled(t), "an exhaustive search met a program that is not deterministic");
  const task& mover = engine_.task_at(t);
  const bool timed = mover.enabled != nullptr && may_time_out(mover);
  if (timed) follow_time(view);
  if (at_ >= keep_) open(view, t);
  if (timed) sleepers_[ours_[t]].expired_at = no_step;
  newest_ = at_++;
  moves_ = ours_[t] == mover_ ? moves_ + 1 : 1;
  mover_ = ours_[t];
  return t;
}

task_id exhaustive::choose(const choice_view& view) {
  const auto planned = static_cast<std::size_t>(at_ - keep_);
  if (at_ < keep_) return theirs_[log_.events[log_.at(at_)].task];
  if (planned < next.tasks.size()) return theirs_[next.tasks[planned]];
  const auto could = [&](task_id ours) {
    return view.is_enabled(theirs_[ours]) && may_move(theirs_[ours]);
  };
  if (planned == next.tasks.size() && next.against != no_task && could(next.against))
    return theirs_[next.against];
  if (at_ == 0) return next_behind(view, no_task);
  const task_id last = log_.events[log_.at(at_ - 1)].task;
  const bool on_and_on = last == mover_ && moves_ >= moves_max_;
  if (could(last) && !on_and_on) return first_arrived(view, theirs_[last]);
  return next_behind(view, on_and_on ? theirs_[last] : no_task);
}

// The first that may move behind `t`, round and round.
task_id exhaustive::next_behind(const choice_view& view, task_id t) const {
  task_id lowest = no_task;
  for (unsigned word = 0; word < view.words; ++word)
    for (std::uint64_t bits = view.enabled[word]; bits != 0; bits &= bits - 1) {
      const auto u = static_cast<task_id>(word * 64 + lowest_bit(bits));
      if (!may_move(u)) continue;
      if (t == no_task || u > t) return first_arrived(view, u);
      if (lowest == no_task) lowest = u;
    }
  return lowest == no_task ? no_task : first_arrived(view, lowest);
}

// Writers that have arrived enter in this order.
task_id exhaustive::first_arrived(const choice_view& view, task_id t) const {
  const pending_op& mine = view.pending[t];
  if (mine.kind != op_kind::down_write) return t;
  task_id first = t;
  for (task_id u = 1; u < view.tasks; ++u) {
    const pending_op& op = view.pending[u];
    if (op.kind == op_kind::down_write && op.place == mine.place && view.is_enabled(u) &&
        may_move(u) && log_.last_of(ours_[u]) < log_.last_of(ours_[first]))
      first = u;
  }
  return first;
}

bool exhaustive::is_dead(task_id t) const {
  return std::any_of(dead_.begin(), dead_.end(),
                     [&](event_id d) { return log_.events[log_.at(d)].task == ours_[t]; });
}

// Dead tasks do not move, nor does who would meet them.
bool exhaustive::may_move(task_id t) const {
  if (dead_.empty()) return true;
  if (is_dead(t)) return false;
  const unfinished u = next_of(t);
  return std::none_of(dead_.begin(), dead_.end(), [&](event_id d) { return log_.meets(u, d); });
}

// Who comes to a lock that has been freed stops without waiting for it: it would have, in front of
// the kfree.
bool exhaustive::waits(task_id t) const {
  const enabled_fn enabled = engine_.task_at(t).enabled;
  const pending_op& op = engine_.pending_of(t);
  if (enabled != nullptr) return enabled != at_any_time;
  return (traits(op.kind).flags & op_waits) != 0 && engine_.memory.contains(op.place) &&
         !engine_.is_alive(op.place);
}

unfinished exhaustive::next_of(task_id t) const {
  const pending_op& op = engine_.pending_of(t);
  const bool word = op.place != nullptr && op.object != 0;
  const auto* const node = static_cast<const list_head*>(op.place);
  const void* const place = is_of_list(op.kind) ? list_representative(engine_, node) : op.place;
  return {.task = ours_[t],
          .kind = op.kind,
          .word = word ? engine_.memory.word_of(place) : no_word,
          .object = op.object,
          .how = meeting(op.kind, false),
          .waits = waits(t),
          .whole = op.kind == op_kind::kfree,
          .held = !counts_attendance(op.kind) && engine_.holds(op.place, t)};
}

// Everybody who may move has done so. A dead task ends the execution.
task_id exhaustive::give_up(const choice_view& view) {
  over_ = true;
  for (const event_id d : dead_) {
    const task_id t = theirs_[log_.events[log_.at(d)].task];
    if (!view.is_enabled(t)) continue;
    drawn_ = 0;
    newest_ = d;
    return t;
  }
  return lowest_enabled(view);
}

task_id exhaustive::number_of(const birth& b) {
  if (known_ < births_.size() && births_[known_] == b)  // tasks come as they did before
    return static_cast<task_id>(known_);
  const auto at = std::find(births_.begin(), births_.end(), b);
  if (at != births_.end()) return static_cast<task_id>(at - births_.begin());
  births_.push_back(b);
  return static_cast<task_id>(births_.size() - 1);
}

// Takes note of tasks that are new in this execution.
void exhaustive::meet(const choice_view& view) {
  const event_id creator = known_ == 0 ? no_event : newest_;
  const task_id parent = creator == no_event ? no_task : log_.events[log_.at(creator)].task;
  for (; known_ < view.tasks; ++known_) {
    const task_id mine = number_of({parent, parent == no_task ? known_ : children_[parent]++});
    ours_[known_] = mine;
    if (theirs_.size() < births_.size()) {
      theirs_.resize(births_.size(), no_task);
      children_.resize(births_.size(), 0);
      sleepers_.resize(births_.size());
    }
    log_.set_tasks(static_cast<unsigned>(births_.size()));
    theirs_[mine] = static_cast<task_id>(known_);
    log_.set_creator(mine, creator);
  }
}

// Who sleeps in a wait queue, and who woke him.
void exhaustive::follow_sleepers() {
  if (newest_ == no_event) return;
  const event& v = log_.events[log_.at(newest_)];
  if (v.kind == op_kind::prepare_to_wait || v.kind == op_kind::finish_wait ||
      v.kind == op_kind::schedule)
    sleepers_[v.task] = {.asleep = engine_.task_at(theirs_[v.task]).sleep_state != 0};
  if (!wakes(v.kind)) return;
  for (unsigned t = 1; t < known_; ++t)
    if (sleeper& s = sleepers_[ours_[t]];
        s.asleep && engine_.task_at(static_cast<task_id>(t)).sleep_state == 0) {
      s.asleep = false;
      s.waker = newest_;
    }
}

// Whose time has run out has waited for everybody, and one that is armed again does so again.
void exhaustive::follow_time(const choice_view& view) {
  for (unsigned t = 1; t < view.tasks; ++t) {
    const task& sleeping = engine_.task_at(static_cast<task_id>(t));
    const bool expired = sleeping.expired && sleeping.enabled != nullptr;
    const step_id at = expired ? sleeping.expired_at : no_step;
    sleeper& s = sleepers_[ours_[t]];
    if (expired && at != s.expired_at) s.barrier = at_;
    s.expired_at = at;
  }
}

void exhaustive::open(const choice_view& view, task_id t) {
  op_ = view.pending[t];
  const task& mover = engine_.task_at(t);
  event& v = log_.open(ours_[t]);
  v.kind = op_.kind;
  const auto planned = static_cast<std::size_t>(at_ - keep_) + 1;
  v.scheduled = planned < next.tasks.size() || (planned == next.tasks.size() && head_scheduled);
  v.waits = waits(t);
  if (mover.enabled != nullptr) {
    if (may_time_out(mover) && sleepers_[v.task].expired_at != no_step) {
      v.waits = false;
      v.barrier = sleepers_[v.task].barrier;
    }
    if (v.waits && op_.kind == op_kind::schedule) v.enabler = sleepers_[v.task].waker;
    if ((traits(op_.kind).flags & op_lasts) != 0) v.enabler = event_of(mover.awaits->since);
  }
  v.first_step = static_cast<step_id>(engine_.steps().size());
  if (op_.place != nullptr) {
    v.admits_before = admitted(v.first_step);
    v.there_before = there_now();
  }
  first_step_ = engine_.steps().size();
  touched_ = engine_.touched().size();
}

// The place of a misuse need not be what events of the kind are at: it may be a freed job, say.
// Nobody waits at it.
std::uint8_t exhaustive::admitted(step_id behind) const {
  return engine_.is_alive(op_.place) ? admission(op_.kind, op_.place, {engine_, behind})
                                     : admits_all;
}

attendance exhaustive::there_now() const {
  return engine_.is_alive(op_.place) ? attendance_at(op_.kind, op_.place) : 0;
}

// The event that made a step; no_event if that was before the first one.
event_id exhaustive::event_of(step_id s) const {
  event_id e = log_.size() - 2;  // the newest has made none yet
  while (e >= 0 && log_.events[log_.at(e)].first_step > s) --e;
  return e;
}

// The newest event has come to its end: now it is known what it did.
void exhaustive::close() {
  event& v = log_.events.back();
  const std::span<const step> steps = engine_.steps();
  std::size_t own = first_step_;
  while (own < steps.size() && (steps[own].kind != op_.kind || steps[own].task != theirs_[v.task]))
    ++own;
  if (op_.place != nullptr || op_.kind == op_kind::join) {
    if (op_.kind == op_kind::join) {
      if (own < steps.size()) v.enabler = log_.previous_of_next(ours_[steps[own].value]);
    } else {
      add_accesses(v, own, steps.size());
      v.admits_after = admitted(v.first_step);
      v.there_after = there_now();
    }
  }
  log_.close();
}

void exhaustive::add_accesses(event& v, std::size_t own, std::size_t end) {
  const op_traits& row = traits(op_.kind);
  if (row.access == access_type::none || op_.object == 0) return;
  if (op_.kind == op_kind::kfree) return log_.add_access(no_word, op_.object, meets_as::write);
  bool parts = false;
  const std::span<const touched_word> touched = engine_.touched();
  for (std::size_t i = touched_; own < end && i < touched.size(); ++i) {
    if (touched[i].step != own) continue;
    parts = true;
    log_.add_access(touched[i].word, engine_.object_at(touched[i].word),
                    touched[i].write ? meets_as::write : meets_as::look);
  }
  if (parts) return;
  const bool failed = own < end && engine_.steps()[own].value == 0;
  log_.add_access(engine_.memory.word_of(op_.place), op_.object, meeting(op_.kind, failed));
  static_cast<void>(v);
}

std::uint32_t exhaustive::draw(task_id, const char*, std::uint32_t n, draw_kind) {
  numbers_.push_back(answer(n));
  return numbers_.back();
}

std::uint32_t exhaustive::answer(std::uint32_t n) {
  const event_id by = newest_;
  while (drawn_ < log_.draws.size() && log_.draws[drawn_].by < by) ++drawn_;  // the dead's
  if ((by < keep_ || over_) && drawn_ < log_.draws.size() && log_.draws[drawn_].by == by)
    return log_.draws[drawn_++].value;
  if (over_) return 0;
  std::uint32_t value = 0;
  if (number_ < next.numbers.size() && next.numbers[number_].by == by)
    value = next.numbers[number_++].value;
  CHECK(value < n, "an exhaustive search met a program that is not deterministic");
  log_.draws.push_back({by, value, n});
  drawn_ = log_.draws.size();
  if (value != 0 && by >= 0) log_.events[log_.at(by)].drawn = true;
  return value;
}

void exhaustive::settle() {
  if (!over_ && !settled_ && newest_ >= keep_) close();
  settled_ = true;
}

void exhaustive::plan::add(const event_log& log, event_id e, event_id first) {
  const event_id here = first + static_cast<event_id>(tasks.size());
  for (std::size_t i = log.first_draw(e); i < log.last_draw(e); ++i)
    numbers.push_back({here, log.draws[i].value, log.draws[i].of});
  tasks.push_back(log.events[event_log::at(e)].task);
}

exhaustive::plan exhaustive::alone(std::span<const task_id> tasks, task_id last) const {
  plan p;
  std::vector<event_log::tick> past(log_.stride());
  std::vector<bool> planned(log_.events.size());
  const auto add_past_of = [&](task_id t) {
    const event_id e = log_.last_of(ours_[t]);
    if (e != no_event) log_.join(past.data(), log_.clock(e));
  };
  const auto plan_past = [&] {
    for (event_id e = 0; e < log_.size(); ++e) {
      if (planned[log_.at(e)] || !log_.knows(past.data(), e)) continue;
      planned[log_.at(e)] = true;
      p.add(log_, e, 0);
    }
  };
  for (const task_id t : tasks)
    if (t != last) add_past_of(t);
  plan_past();
  add_past_of(last);
  plan_past();
  return p;
}

bool exhaustive::finish(const execution_result& r, std::vector<unfinished>& ends) {
  settle();
  begun_ = false;
  deaths_ = deaths_ || !engine_.cycles().empty();
  ends.clear();
  if (r.past_bound) return true;
  bool stuck = true;
  for (unsigned t = 1; t < known_; ++t) {
    if (engine_.task_at(static_cast<task_id>(t)).finished) continue;
    if (!is_dead(static_cast<task_id>(t))) ends.push_back(next_of(static_cast<task_id>(t)));
    stuck = stuck && !engine_.is_enabled(static_cast<task_id>(t));
  }
  if (r.how == ended::finished || ends.empty() || stuck || newest_ == no_event || over_)
    return true;
  deaths_ = true;
  log_.events[log_.at(newest_)].dead = true;
  dead_.push_back(newest_);
  for (const unfinished& u : ends)
    if (engine_.is_enabled(theirs_[u.task]) && may_move(theirs_[u.task])) return false;
  return true;
}

}  // namespace iorace
