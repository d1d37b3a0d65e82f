// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The hot half of the engine, for primitives: declaring an operation, stopping, handing over,
// executing. Inline, because the cost of a point is mostly that of calls and returns: after a jump
// to another stack the processor predicts every return wrongly.
#pragma once

#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/scope.h"

namespace iorace {

inline constexpr std::size_t stack_bytes = std::size_t{64} << 10;  // setup task included

// Entry points of fibers.
struct engine_fibers {
  static fiber* alone(void* e);
  static fiber* body(void* e);
};

// Returns whether that changed anything.
inline bool engine::set_enabled(task_id t, bool on) {
  std::uint64_t& word = enabled_[t / 64];
  if ((word >> (t % 64) & 1) == on) return false;
  word ^= std::uint64_t{1} << (t % 64);
  view_.enabled_count += on ? 1u : ~0u;
  return true;
}

inline task_id engine::choose_next(task_id current) {
  if (__builtin_expect(view_.enabled_count == 0, 0) && !time_passes()) return nobody_enabled();
  view_.current = current;
  if (__builtin_expect(++view_.point >= points_max_, 0)) return take_turns();
  const unsigned next = strategy_->pick(view_);
  CHECK(next < tasks_max && (enabled_[next / 64] >> next % 64 & 1) != 0,
        "a strategy picked a task that is not enabled");
  return static_cast<task_id>(next);
}

// Task `next` runs from now on. Returns its fiber, to be jumped to.
inline fiber& engine::change_to(task_id next) {
  become(next);
  ++result_.switches;
  return me_->context;
}

inline void engine::enter_task(task_id id) {
  become(id);
  mode_ = starting_bit;
  set_enabled(id, true);
  me_->context.prepare(engine_fibers::body, this, stack_bytes);
}

// The running task has come to its first operation, or ended. Returns whom to leave it for: who
// started it, or the next body; behind the last one whoever is picked, which may be itself. The
// caller jumps, so that returns that are predicted wrongly are few.
inline fiber* engine::successor() {
  if (starting() && starter_ != nullptr) return starter_;
  if (starting() && self_ + 1u < bodies_) {
    enter_task(static_cast<task_id>(self_ + 1u));
    return &me_->context;
  }
  mode_ = interleaved_;
  const task_id next = choose_next(no_task);
  return next == no_task ? &main_ : &change_to(next);
}

inline void engine::hand_over() {
  const task_id next = choose_next(self_);
  if (next == self_) return;
  fiber& from = me_->context;
  fiber::jump(from, change_to(next), false);
}

// The running task stops here; returns when it has been picked.
inline void engine::stop() {
  if (__builtin_expect(starting(), 0)) {
    fiber& from = me_->context;
    if (fiber* const to = next_start(); to != &from) fiber::jump(from, *to, false);
    return;
  }
  hand_over();
}

inline void engine::wait_on(sync_base* object, enabled_fn enabled) {
  task& t = *me_;
  t.enabled = enabled;
  t.expired = false;
  t.next_waiter = object->first_waiter;
  object->first_waiter = self_;
  if (enabled(object, self_)) return;
  set_enabled(self_, false);
  // A writer closes a cycle without holding anything: it stops readers that come back.
  if (t.held_count != 0 || mine_->kind == op_kind::down_write) find_cycle(self_);
}

inline void engine::stop_waiting(sync_base* object) {
  task_id* link = &object->first_waiter;
  while (*link != self_) link = &tasks_[*link]->next_waiter;
  *link = me_->next_waiter;
  me_->next_waiter = 0;
  me_->enabled = nullptr;
}

inline void engine::changed(sync_base& object) {
  if (object.first_waiter != 0) ask_waiters(object);
}

inline void engine::begin(op_kind kind, sync_base* object, enabled_fn enabled, waits_for by) {
  const scheduler_scope scope(me_->context);
  const unsigned mode = mode_;
  const op_traits& row = traits(kind);
  const bool alive = is_alive(object) && object->magic == sync_magic;
  const bool may_sleep = (row.flags & op_sleeps) == 0 || me_->atomic_depth == 0;
  if (__builtin_expect(!alive || !may_sleep, 0)) begin_unusual(kind, object);
  declare(object, memory.at(object), kind);
  if (__builtin_expect((mode & ~(starting_bit | blind_bit)) != 0, 0))
    return begin_alone(object, enabled);
  if (enabled != nullptr) {
    me_->by = by;
    wait_on(object, enabled);
  }
  if ((row.flags & op_point) != 0 || enabled != nullptr || starting()) {
    stop();
    check_still_live(object, kind);
  }
  if (enabled != nullptr) stop_waiting(object);
}

inline void engine::begin_plain(op_kind kind) {
  const scheduler_scope scope(me_->context);
  const op_traits& row = traits(kind);
  const bool may_sleep = (row.flags & op_sleeps) == 0 || me_->atomic_depth == 0;
  if (__builtin_expect((mode_ & ~blind_bit) != 0 || !may_sleep, 0))
    return begin_plain_unusual(kind);
  declare(nullptr, {}, kind);
  if ((row.flags & op_point) != 0) hand_over();
}

inline void engine::commit(std::uint64_t value) {
  const scheduler_scope scope(me_->context);
  append_packed(declared(), memory.word_of(mine_->place), value);
}

inline void engine::commit(op_kind kind, const void* place, std::uint64_t value) {
  const scheduler_scope scope(me_->context);
  const cell c = place == nullptr ? cell{} : memory.at(place);
  append(kind, place, c, value);
}

inline void engine::acquire(std::uint32_t& clock) {
#ifdef IORACE_TSAN
  const scheduler_scope scope(me_->context);
  me_->context.acquire(&clock);
#endif
  if (clock != 0) time.join_now(clock);
}

// What setup and check do is ordered anyhow.
inline void engine::release(std::uint32_t& clock) {
#ifdef IORACE_TSAN
  const scheduler_scope scope(me_->context);
  me_->context.release(&clock);
#endif
  if (quiet()) return;
  if (clock == 0) clock = time.make_row();
  time.join_to(clock);
  time.tick();
}

inline void engine::frame_enter(const char* function, bool call) {
  if (peeking()) return;
  if (__builtin_expect(frame_count_ == frame_room_, 0)) return enter_behind(function, call);
  frame_node& node = frames_[frame_count_];
  node.function = function;
  node.parent = me_->frame;
  node.call = call;
  me_->frame = frame_count_++;
}

inline std::uint64_t engine::identity(const void* p) const {
  return memory.contains(p) ? objects.identity(memory.at(p).object, p) : identity_of_number(p);
}

inline void engine::hold(const void* lock, op_kind how) {
  const scheduler_scope scope(me_->context);
  task& t = *me_;
  CHECK(t.held_count < held_max, "a task holds too many locks");
  const std::uint16_t lock_class = memory.at(lock).tag;
  // What is not waited for has no place in the order.
  if (t.held_count != 0 && (traits(how).flags & op_waits) != 0 && !quiet())
    note_order(lock, lock_class);
  t.held[t.held_count++] = {lock, how, lock_class};
}

inline void engine::unhold(const void* lock) {
  task& t = *me_;
  unsigned i = t.held_count;
  do CHECK(i != 0, "a primitive released a lock that its task does not hold");
  while (t.held[--i].lock != lock);
  --t.held_count;
  while (__builtin_expect(i < t.held_count, 0)) t.held[i] = t.held[i + 1], ++i;
}

}  // namespace iorace
