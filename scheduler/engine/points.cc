// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Points: how a task declares what it is about to do, stops, and hands over to whom the strategy
// picks. The hot half is in points.h.
#include "scheduler/engine/points.h"

namespace iorace {

task_id engine::nobody_enabled() {
  if (unfinished_ != 0) stuck();
  return no_task;
}

// Out of line: each operation may be the first one of a task.
fiber* engine::next_start() { return successor(); }

// Requires: there are some.
void engine::ask_waiters(sync_base& object) {
  task_id t = object.first_waiter;
  do {
    task& waiter = *tasks_[t];
    const bool is = waiter.enabled(&object, t);
    // A writer that arrives is part of the cycle, and will soon be seen to wait.
    if (set_enabled(t, is) && !is && waiter.held_count != 0 &&
        mine_->kind != op_kind::down_write_arrive)
      find_cycle(t);
    t = waiter.next_waiter;
  } while (t != 0);
}

// begin() of an operation that convicts.
void engine::begin_unusual(op_kind kind, sync_base* object) {
  CHECK(!peeking(), "an operation on a primitive inside a peek_scope");
  check_live(object, kind);
  if (object->magic != sync_magic)
    found(verdict::kernel_warn,
          line(traits(kind).name) + " on " + name_of(object) + ", which nobody has initialised");
  check_may_sleep(kind, object);
}

// begin() of an operation of setup or check, which are not to be stopped.
void engine::begin_alone(sync_base* object, enabled_fn enabled) {
  CHECK(!peeking(), "an operation on a primitive inside a peek_scope");
  if (enabled != nullptr && !enabled(object, self_))
    found(verdict::deadlock, line(me_->name) + " alone waits for " + name_of(object));
}

const char* engine::atomic_words() const {
  for (unsigned i = 0; i < me_->held_count; ++i) {
    const op_kind how = me_->held[i].how;
    if (how == op_kind::spin_lock || how == op_kind::spin_trylock || how == op_kind::xa_lock)
      return " under a spinlock";
  }
  return " in atomic context";
}

// begin_plain() of an operation that may sleep under a spinlock, of one that is not to be stopped
// at, and of the first one of a task.
void engine::begin_plain_unusual(op_kind kind) {
  CHECK(!peeking(), "an operation inside a peek_scope");
  check_may_sleep(kind, nullptr);
  if (quiet()) return;
  declare(nullptr, {}, kind);
  if ((traits(kind).flags & op_point) != 0 || starting()) stop();
}

// `object` may be null.
void engine::check_may_sleep(op_kind kind, const void* object) {
  const op_traits& row = traits(kind);
  if ((row.flags & op_sleeps) == 0 || me_->atomic_depth == 0) return;
  line what(row.name);
  if (object != nullptr) what = what + " on " + name_of(object);
  found(verdict::sleep_in_atomic, what + atomic_words());
}

void engine::begin_sleep(const void* queue, enabled_fn woken, waits_for by) {
  const scheduler_scope scope(me_->context);
  CHECK(!peeking(), "an operation inside a peek_scope");
  check_may_sleep(op_kind::schedule, nullptr);
  task& t = *me_;
  if (quiet()) {
    if (!woken(&t.slept, self_)) found(verdict::deadlock, line(t.name) + " sleeps alone");
    return;
  }
  const cell c = queue == nullptr ? cell{} : memory.at(queue);
  declare(queue, c, op_kind::schedule);
  t.by = by;
  wait_on(&t.slept, woken);
  stop();
  stop_waiting(&t.slept);
}

void engine::begin_unchecked(op_kind kind, const void* place) {
  const scheduler_scope scope(me_->context);
  CHECK(!peeking(), "an operation inside a peek_scope");
  if (quiet()) return;
  const cell& c = memory.at(place);
  declare(place, c, kind);
  stop();
}

void engine::begin_join(task_id id) {
  const scheduler_scope scope(me_->context);
  sync_base& ended = tasks_[id]->ended;
  CHECK(!quiet(), "setup and check have nobody to join");
  check_may_sleep(op_kind::join, nullptr);
  declare(&ended, {}, op_kind::join);
  me_->by = waits_for::kernel;
  wait_on(&ended, [](const void* end, task_id) {
    const engine& e = current();
    for (task_id u = 1; u < e.task_count_; ++u)
      if (&e.tasks_[u]->ended == end) return e.tasks_[u]->finished;
    return false;
  });
  stop();
  stop_waiting(&ended);
}

void engine::acquire_all_of(task_id id) {
  const scheduler_scope scope(me_->context);
  me_->context.acquire(&tasks_[id]->ended);
  time.join(time.row_of(self_), time.row_of(id));
}

}  // namespace iorace
