// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Executing operations: accesses, their record, and the happens-before that they leave.
#include <cstring>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/scope.h"
#include "scheduler/engine/shared.h"

namespace iorace {

void engine::commit(op_kind kind, const void* place, std::uint64_t value) {
  const scheduler_scope scope(tasks_[self_]->context);
  if (place == nullptr) {
    append(kind, nullptr, 0, 0, value);
    return;
  }
  const cell& c = memory.at(place);
  append(kind, place, c.object, c.tag, value);
}

void engine::access(op_kind kind, const void* place, unsigned size, bool pointer, bool write,
                    std::uint64_t value) {
  if (peeking_ != 0) return;
  const scheduler_scope scope(tasks_[self_]->context);
  check_live(place, kind);
  cell& c = memory.at(place);
  const op_traits& row = traits(kind);
  if (!quiet_ && ((row.flags & op_point) != 0 || c.promoted != 0 || starting_)) {
    pending_[self_] = {place, c.object, c.tag, kind, 0};
    stop();
    check_live(place, kind);
  }
  if (!write) {
    value = 0;
    std::memcpy(&value, place, size);
  }
  if (pointer) value = identity(reinterpret_cast<const void*>(value));
  const step_id other = race_with(place, (row.flags & op_marked) != 0, write);
  append(kind, place, c.object, c.tag, value);
  if (__builtin_expect(other != no_step, 0))
    found(verdict::data_race, name_of(place), other, step_count_ - 1);
  if ((row.flags & op_marked) != 0) order_marked(c, row);
}

// Notes the access that the next step is, and returns an earlier one that it races with, or
// no_step.
step_id engine::race_with(const void* place, bool marked, bool write) {
  if (quiet_ || !options_->detect_races) return no_step;
  cell& c = memory.at(place);
  if (marked) return races.marked(c, time, self_, step_count_, write);
  if (write) return races.plain_write(c, time, self_, step_count_);
  return races.plain_read(c, time, self_, step_count_);
}

void engine::touch(op_kind kind, const void* place, access_type how, bool marked) {
  const scheduler_scope scope(tasks_[self_]->context);
  check_live(place, kind);
  const step_id other = race_with(place, marked, how == access_type::write);
  touched_.push_back({step_count_, memory.word_of(place), how == access_type::write, marked});
  if (__builtin_expect(other == no_step, 1)) {
#ifdef IORACE_TSAN
    // The access is made here, out of its sight. It has no word for marked ones.
    if (!marked && !quiet_)
      tasks_[self_]->context.access(place, how == access_type::write,
                                    frames_[tasks_[self_]->frame].code);
#endif
    return;
  }
  const cell& c = memory.at(place);
  append(kind, place, c.object, c.tag, 0);
  found(verdict::data_race, name_of(place), other, step_count_ - 1);
}

// A load-acquire sees the past of the store-release that it reads from; a relaxed store hides it, a
// relaxed read-modify-write does not.
void engine::order_marked(cell& c, const op_traits& row) {
  if ((row.flags & op_acquire) != 0 && c.clock != 0)
    time.join(time.row_of(self_), time.row(c.clock));
  if ((row.flags & op_release) != 0) {
    const bool keep = (row.flags & op_acquire) != 0 && c.clock != 0;
    const std::uint32_t fresh = time.make_row();
    if (keep) time.join(time.row(fresh), time.row(c.clock));
    time.join(time.row(fresh), time.row_of(self_));
    time.tick(self_);
    c.clock = fresh;
  } else if (&row == &traits(op_kind::write_once)) {
    c.clock = 0;
  }
#ifdef IORACE_TSAN
  if ((row.flags & op_acquire) != 0) tasks_[self_]->context.acquire(&c);
  if ((row.flags & op_release) != 0) tasks_[self_]->context.release(&c);
#endif
}

void engine::acquire(sync_base& object) {
  const scheduler_scope scope(tasks_[self_]->context);
#ifdef IORACE_TSAN
  tasks_[self_]->context.acquire(&object);
#endif
  if (object.clock != 0) time.join(time.row_of(self_), time.row(object.clock));
}

void engine::release(sync_base& object) {
  const scheduler_scope scope(tasks_[self_]->context);
#ifdef IORACE_TSAN
  tasks_[self_]->context.release(&object);
#endif
  if (object.clock == 0) object.clock = time.make_row();
  time.join(time.row(object.clock), time.row_of(self_));
  time.tick(self_);
}

void declare_read(const void* place, op_kind kind, unsigned size, bool pointer) {
  engine::current().access(kind, place, size, pointer, false, 0);
}

void declare_write(const void* place, op_kind kind, unsigned size, bool pointer,
                   std::uint64_t value) {
  engine::current().access(kind, place, size, pointer, true, value);
}

}  // namespace iorace
