// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Points: how a task declares what it is about to do, stops, and hands over to whom the strategy
// picks.
#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/scope.h"

namespace iorace {

void engine::set_enabled(task_id t, bool on) {
  const std::uint64_t bit = std::uint64_t{1} << (t % 64);
  std::uint64_t& word = enabled_[t / 64];
  if (((word & bit) != 0) == on) return;
  word ^= bit;
  view_.enabled_count += on ? 1u : ~0u;
}

task_id engine::choose_next(task_id current) {
  if (__builtin_expect(view_.enabled_count == 0, 0) && !time_passes()) {
    for (unsigned t = 1; t < task_count_; ++t)
      if (!tasks_[t]->finished) stuck();
    return no_task;
  }
  view_.current = current;
  view_.point = result_.points++;
  if (__builtin_expect(view_.point >= options_->points_max, 0)) return take_turns();
  const task_id next = strategy_->pick(view_);
  CHECK(next < task_count_ && view_.is_enabled(next),
        "a strategy picked a task that is not enabled");
  result_.switches += next != last_picked_;
  last_picked_ = next;
  return next;
}

void engine::switch_to(task_id next, bool abandon) {
  task& from = *tasks_[self_];
  const bool synchronise = self_ == 0;
  self_ = next;
  fiber::jump(from.context, tasks_[next]->context, synchronise, abandon);
}

// The running task stops here; returns when it has been picked.
void engine::stop() {
  if (__builtin_expect(starting_, 0)) {
    fiber::jump(tasks_[self_]->context, *starter_, starter_ == &tasks_[0]->context, false);
    return;
  }
  const task_id next = choose_next(self_);
  if (next != self_) switch_to(next, false);
}

void engine::wait_on(sync_base* object, task& t, enabled_fn enabled) {
  t.enabled = enabled;
  t.expired = false;
  t.next_waiter = object->first_waiter;
  object->first_waiter = self_;
  if (enabled(object, self_)) return;
  set_enabled(self_, false);
  // A writer closes a cycle without holding anything: it stops readers that come back.
  if (t.held_count != 0 || pending_[self_].kind == op_kind::down_write) find_cycle(self_);
}

void engine::stop_waiting(sync_base* object, task& t) {
  task_id* link = &object->first_waiter;
  while (*link != self_) link = &tasks_[*link]->next_waiter;
  *link = t.next_waiter;
  t.next_waiter = 0;
  t.enabled = nullptr;
}

void engine::changed(sync_base& object) {
  for (task_id t = object.first_waiter; t != 0; t = tasks_[t]->next_waiter) {
    const bool was = view_.is_enabled(t);
    const bool is = tasks_[t]->enabled(&object, t);
    if (was == is) continue;
    set_enabled(t, is);
    if (was && tasks_[t]->held_count != 0) find_cycle(t);
  }
}

void engine::begin(op_kind kind, sync_base* object, enabled_fn enabled, waits_for by) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation on a primitive inside a peek_scope");
  check_live(object, kind);
  const op_traits& row = traits(kind);
  task& t = *tasks_[self_];
  if (object->magic != sync_magic)
    found(verdict::kernel_warn,
          line(row.name) + " on " + name_of(object) + ", which nobody has initialised");
  if ((row.flags & op_sleeps) != 0 && t.atomic_depth != 0)
    found(verdict::sleep_in_atomic,
          line(row.name) + " on " + name_of(object) + " under a spinlock");
  if (quiet_) {
    if (enabled != nullptr && !enabled(object, self_))
      found(verdict::deadlock, line(t.name) + " alone waits for " + name_of(object));
    return;
  }
  const cell& c = memory.at(object);
  pending_[self_] = {object, c.object, c.tag, kind, 0};
  if (enabled != nullptr) {
    t.by = by;
    wait_on(object, t, enabled);
  }
  if ((row.flags & op_point) != 0 || starting_ || enabled != nullptr) stop();
  check_live(object, kind);
  if (enabled != nullptr) stop_waiting(object, t);
}

void engine::begin_plain(op_kind kind) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation inside a peek_scope");
  const op_traits& row = traits(kind);
  if ((row.flags & op_sleeps) != 0 && tasks_[self_]->atomic_depth != 0)
    found(verdict::sleep_in_atomic, line(row.name) + " under a spinlock");
  if (quiet_) return;
  pending_[self_] = {nullptr, 0, 0, kind, 0};
  if ((row.flags & op_point) != 0 || starting_) stop();
}

void engine::begin_sleep(const void* queue, enabled_fn woken, waits_for by) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation inside a peek_scope");
  task& t = *tasks_[self_];
  if (t.atomic_depth != 0) found(verdict::sleep_in_atomic, "schedule under a spinlock");
  if (quiet_) {
    if (!woken(&t.slept, self_)) found(verdict::deadlock, line(t.name) + " sleeps alone");
    return;
  }
  const cell c = queue == nullptr ? cell{} : memory.at(queue);
  pending_[self_] = {queue, c.object, c.tag, op_kind::schedule, 0};
  t.by = by;
  wait_on(&t.slept, t, woken);
  stop();
  stop_waiting(&t.slept, t);
}

void engine::begin_unchecked(op_kind kind, const void* place) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation inside a peek_scope");
  if (quiet_) return;
  const cell& c = memory.at(place);
  pending_[self_] = {place, c.object, c.tag, kind, 0};
  stop();
}

void engine::begin_access(op_kind kind, std::initializer_list<const void*> places) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation inside a peek_scope");
  bool point = (traits(kind).flags & op_point) != 0 || starting_;
  for (const void* place : places) {
    check_live(place, kind);
    point = point || memory.at(place).promoted != 0;
  }
  if (quiet_ || !point) return;
  const void* first = *places.begin();
  const cell& c = memory.at(first);
  pending_[self_] = {first, c.object, c.tag, kind, 0};
  stop();
}

void engine::begin_join(task_id id) {
  const scheduler_scope scope(tasks_[self_]->context);
  sync_base& ended = tasks_[id]->ended;
  CHECK(!quiet_, "setup and check have nobody to join");
  task& t = *tasks_[self_];
  if (t.atomic_depth != 0) found(verdict::sleep_in_atomic, "join under a spinlock");
  pending_[self_] = {&ended, 0, 0, op_kind::join, 0};
  t.by = waits_for::kernel;
  wait_on(&ended, t, [](const void* end, task_id) {
    const engine& e = current();
    for (task_id u = 1; u < e.task_count_; ++u)
      if (&e.tasks_[u]->ended == end) return e.tasks_[u]->finished;
    return false;
  });
  stop();
  stop_waiting(&ended, t);
}

}  // namespace iorace
