// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who waits for whom: held locks, cycles among lock waiters as they close, and the verdict when
// nobody is enabled.
#include <algorithm>

#include "scheduler/detect/sides.h"
#include "scheduler/engine/check.h"
#include "scheduler/engine/points.h"

namespace iorace {

// The running task, which holds other locks, has taken `lock`.
void engine::note_order(const void* lock, std::uint16_t lock_class) {
  for (unsigned i = 0; i < me_->held_count; ++i) {
    const step_id other = order.add(me_->held[i].lock_class, lock_class, step_count_ - 1);
    if (other == no_step) continue;
    found(verdict::lock_order,
          name_of(me_->held[i].lock) + " is held and " + name_of(lock) +
              " is taken; elsewhere it is the other way round",
          other, step_count_ - 1);
  }
}

bool engine::holds(const void* lock, task_id id) const {
  const task& t = *tasks_[id];
  for (unsigned i = 0; i < t.held_count; ++i)
    if (t.held[i].lock == lock) return true;
  return false;
}

// Returns true iff `from`, which is not enabled, waits for `target` through locks. `path` collects
// the words for it, last link first.
bool engine::reaches(task_id from, task_id target, std::uint64_t* visited,
                     std::string& path) const {
  const std::uint64_t bit = std::uint64_t{1} << (from % 64);
  if ((visited[from / 64] & bit) != 0 || tasks_[from]->finished || view_.is_enabled(from))
    return false;
  visited[from / 64] |= bit;
  const pending_op& wants = pending_[from];
  for (task_id t = 1; t < task_count_; ++t) {
    const bool writer_ahead = wants.kind == op_kind::down_read && t != from &&
                              pending_[t].kind == op_kind::down_write &&
                              pending_[t].place == wants.place && !tasks_[t]->finished;
    // Its own read lock does not stop a reader that comes back; the writer in between does.
    const bool own_read = t == from && wants.kind == op_kind::down_read;
    if ((!holds(wants.place, t) || own_read) && !writer_ahead) continue;
    if (t != target && !reaches(t, target, visited, path)) continue;
    path = tasks_[from]->name + " waits for " + tasks_[t]->name + " (" +
           element_name(wants.object, wants.field, wants.place) + ")" + (path.empty() ? "" : ", ") +
           path;
    return true;
  }
  return false;
}

std::string side_of(const engine& e, task_id t) {
  const char* function = e.pending_function(t);
  return *function != '\0' ? function : e.task_name(t);
}

// Who is stopped outside of all functions waits for others only, wherever one is inside of one.
bool names_nobody(const engine& e, task_id t) { return *e.pending_function(t) == '\0'; }

std::string in_sides(std::vector<std::string> sides) {
  std::sort(sides.begin(), sides.end());
  std::string text;
  for (const std::string& s : sides) text += (text.empty() ? "" : " v ") + s;
  return (sides.size() == 1 ? " in " : ": ") + text;
}

// Notes and words the cycle of lock waiters that `t` is part of. Returns whether there is one.
bool engine::note_cycle(task_id t) {
  std::uint64_t visited[(tasks_max + 63) / 64] = {};
  noted_cycle cycle;
  finding& f = cycle.what;
  if (pending_[t].place == nullptr || !reaches(t, t, visited, f.detail)) return false;
  f.kind = verdict::deadlock;
  f.name = "deadlock";
  f.task = t;
  std::vector<std::string> sides;
  const auto waits_for = [this](task_id from, task_id target) {
    std::uint64_t seen[(tasks_max + 63) / 64] = {};
    std::string ignored;
    return reaches(from, target, seen, ignored);
  };
  for (task_id u = 1; u < task_count_; ++u) {
    if (!waits_for(t, u) || !waits_for(u, t)) continue;
    cycle.tasks.push_back(u);
    sides.push_back(side_of(*this, u));
    if (u != t && f.other_task == no_task) f.other_task = u;
  }
  f.title = f.name + in_sides(std::move(sides));
  cycles_.push_back(std::move(cycle));
  return true;
}

void engine::find_cycle(task_id t) {
  if (note_cycle(t) && !options_->late_deadlocks) found_as(finding(cycles_.back().what));
}

namespace {

bool at_rest(const task& t) { return t.by == waits_for::work || t.by == waits_for::alarm; }

// For what, for whose unlock, work or end, and what the user has to do about it.
std::string words_for_wait(const engine& e, task_id t) {
  const pending_op& wants = e.pending_of(t);
  const task& waiter = e.task_at(t);
  std::string text = waiter.name + " waits: " + traits(wants.kind).name;
  if (wants.object != 0) text += " " + e.element_name(wants.object, wants.field, wants.place);
  for (task_id u = 1; u < e.tasks(); ++u) {
    const bool ends = wants.place == &e.task_at(u).ended;
    if (ends || (u != t && e.holds(wants.place, u))) text += " (" + e.task_name(u) + ")";
  }
  if (waiter.by == waits_for::user && waiter.user_action != nullptr)
    text += std::string(", until the user ") + waiter.user_action;
  return text;
}

}  // namespace

// True iff somebody other than agents wants something: the kernel's part is not over.
bool engine::somebody_waits() const {
  for (task_id t = 1; t < task_count_; ++t) {
    const task& waiter = *tasks_[t];
    const bool agent = waiter.kind == task_kind::user || waiter.kind == task_kind::device;
    if (!waiter.finished && !agent && !at_rest(waiter)) return true;
  }
  return false;
}

// Nobody can move, so time passes: every timed wait may run out now. Returns true iff there is one.
// When everything else is over, a timer still runs out, but once: periodic ones would go on for
// ever.
bool engine::time_passes() {
  if (unfinished_ == 0 || !cycles_.empty()) return false;
  const bool over = !somebody_waits();
  for (task_id t = 1; t < task_count_; ++t) {
    task& sleeper = *tasks_[t];
    const bool alarm = sleeper.by == waits_for::alarm;
    if (sleeper.finished || sleeper.enabled == nullptr) continue;
    if (sleeper.by != waits_for::timer && !alarm) continue;
    if (alarm && over && sleeper.late) continue;
    sleeper.late = over;
    sleeper.expired = true;
    sleeper.expired_at = step_count_;
    set_enabled(t, true);
  }
  return view_.enabled_count != 0;
}

// Nobody is enabled and somebody has not ended. Sleepers whose condition holds were not woken, idle
// threads included; else the kernel tasks are hung for want of a user's action, or deadlocked.
// Agents may wait for ever.
finding engine::judge_stuck() {
  finding f;
  bool user = false;
  std::vector<std::string> sides, outside;
  for (task_id t = 1; t < task_count_; ++t) {
    const task& waiter = *tasks_[t];
    if (waiter.finished || waiter.kind == task_kind::user || waiter.kind == task_kind::device)
      continue;
    if (waiter.condition != nullptr) {
      const peek_scope look;
      if (waiter.condition(waiter.condition_argument)) {
        f.kind = verdict::lost_wakeup;
        f.task = t;
        f.detail = waiter.name + " sleeps although its condition holds";
        sides.assign(1, side_of(*this, t));
        break;
      }
    }
    if (at_rest(waiter)) continue;
    user = user || waiter.by == waits_for::user || waiter.by == waits_for::device;
    if (f.task == no_task) f.task = t;
    (names_nobody(*this, t) ? outside : sides).push_back(side_of(*this, t));
    f.detail += (f.detail.empty() ? "" : "; ") + words_for_wait(*this, t);
  }
  if (sides.empty()) sides = std::move(outside);
  if (sides.empty()) return f;
  if (f.kind == verdict::none) f.kind = user ? verdict::hung_task : verdict::deadlock;
  f.name = verdicts()[static_cast<unsigned>(f.kind)].name;
  f.title = f.name + in_sides(std::move(sides));
  return f;
}

void engine::stuck() {
  if (!cycles_.empty()) found_as(finding(cycles_.front().what));
  finding f = judge_stuck();
  if (f.kind == verdict::none) end(ended::finished);
  found_as(std::move(f));
}

}  // namespace iorace
