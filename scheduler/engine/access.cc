// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Executing operations: accesses, their record, and the happens-before that they leave.
#include <cstring>

#include "scheduler/engine/points.h"
#include "scheduler/engine/shared.h"

namespace iorace {

// Notes the access that the next step is, and returns an earlier one that it races with, or
// no_step. Out of line: the number of a step must not stay in a frame that a task stops in, where
// the state that livelock compares would never come back.
step_id engine::race_with(const void* place, bool marked, bool write) {
  if (mode_ != 0) return no_step;
  history& h = memory.past(place);
  if (marked) return races.marked(h, time, self_, step_count_, write);
  if (write) return races.plain_write(h, time, step_count_);
  return races.plain_read(h, time, step_count_);
}

namespace {

std::uint64_t value_at(const void* place, std::uint64_t mask) {
  std::uint64_t granule_value;
  std::memcpy(&granule_value, place, sizeof granule_value);
  return granule_value & mask;
}

// What a step records of an access: the value that is `written`, or else the one that is there.
inline std::uint64_t recorded(const engine& e, const void* place, std::uint64_t mask, bool pointer,
                              bool written, std::uint64_t value) {
  if (!written) value = value_at(place, mask);
  return pointer && value != 0 ? e.identity(reinterpret_cast<const void*>(value)) : value;
}

}  // namespace

inline bool engine::execute(op_kind kind, const void* place, std::uint64_t mask, bool pointer,
                            std::uint64_t value, const std::uint64_t* old) {
  const op_traits& row = traits(kind);
  const bool write = row.access == access_type::write;
  const bool fails = old != nullptr && value_at(place, mask) != *old;
  value = recorded(*this, place, mask, pointer, write && !fails, value);
  const step_id other = race_with(place, (row.flags & op_marked) != 0, write);
  append(kind, place, memory.at(place), value);
  if (__builtin_expect(other != no_step, 0)) found_race(place, other);
  if (fails) return false;
  if ((row.flags & (op_acquire | op_release)) != 0 || kind == op_kind::write_once)
    order_marked(memory.past(place), row);
  return true;
}

[[gnu::always_inline]] inline bool engine::access(op_kind kind, const void* place,
                                                  std::uint64_t mask, bool pointer,
                                                  std::uint64_t value, const std::uint64_t* old) {
  if (peeking()) return old == nullptr || value_at(place, mask) == *old;
  const scheduler_scope scope(me_->context);
  check_live(place, kind);
  const cell& c = memory.at(place);
  const op_traits& row = traits(kind);
  if (!quiet() && ((row.flags & op_point) != 0 || c.promoted != 0 || starting())) {
    declare(place, c, kind);
    stop();
    check_still_live(place, kind);
  }
  return execute(kind, place, mask, pointer, value, old);
}

// Executes a plain access whose past is simple, `what` it is but for its task. Else returns false
// and has done nothing.
template <op_kind kind, bool pointer>
inline bool engine::execute_at_once(const void* place, std::uint64_t mask, std::uint64_t value,
                                    std::uint64_t what) {
  const std::uint32_t word = memory.word_of(place);
  history& h = memory.past_of(word);
  constexpr bool write = kind == op_kind::write;
  if (!(write ? races.only_write(h, time, step_count_) : races.only_read(h, time, step_count_)))
    return false;
  append_packed(what, word, recorded(*this, place, mask, pointer, write, value));
  return true;
}

template <op_kind kind, bool pointer>
void engine::access_at_point(const void* place, std::uint64_t mask, std::uint64_t value, cell c) {
  const scheduler_scope scope(me_->context);
  declare(place, c, kind);
  hand_over();
  check_still_live(place, kind);
  if (!execute_at_once<kind, pointer>(place, mask, value, declared()))
    execute_unusual<kind, pointer>(place, mask, value);
}

template <op_kind kind, bool pointer>
void engine::execute_unusual(const void* place, std::uint64_t mask, std::uint64_t value) {
  execute(kind, place, mask, pointer, value, nullptr);
}

// Most of these are made by the check, where nobody can race.
template <op_kind kind, bool pointer>
void engine::access_unusual(const void* place, std::uint64_t mask, std::uint64_t value) {
  if (mode_ != quiet_bit || !is_alive(place))
    return (void)access(kind, place, mask, pointer, value);
  constexpr bool write = kind == op_kind::write;
  append(kind, place, memory.at(place), recorded(*this, place, mask, pointer, write, value));
}

// Plain accesses are most of what happens. Nearly all are no points, and their past is simple.
template <op_kind kind, bool pointer>
inline void engine::plain_access(const void* place, std::uint64_t mask, std::uint64_t value) {
  if (__builtin_expect(mode_ == 0 && memory.contains(place), 1)) {
    const cell c = memory.at(place);
    if (__builtin_expect(c.bad == 0, 1)) {
      if (c.promoted != 0) return access_at_point<kind, pointer>(place, mask, value, c);
      if (execute_at_once<kind, pointer>(place, mask, value, packed(c, kind))) return;
    }
  }
  access_unusual<kind, pointer>(place, mask, value);
}

// The last step is an access to `place` that races with an earlier one.
void engine::found_race(const void* place, step_id other) {
  found(verdict::data_race, name_of(place), other, step_count_ - 1);
}

// Of what is dead, too: who freed it did so before this.
void engine::note_touched(const void* place, access_type how, bool marked) {
  if (memory.contains(place))
    touched_.push_back({step_count_, memory.word_of(place), how == access_type::write, marked});
}

void engine::touch(op_kind kind, const void* place, access_type how) {
  const scheduler_scope scope(me_->context);
  note_touched(place, how, true);
  check_live(place, kind, true);
  const step_id other = race_with(place, true, how == access_type::write);
  if (__builtin_expect(other == no_step, 1)) return;
  append(kind, place, memory.at(place), 0);
  found_race(place, other);
}

// A load-acquire sees the past of the store-release that it reads from; a relaxed store hides it, a
// relaxed read-modify-write does not.
void engine::order_marked(history& h, const op_traits& row) {
#ifdef IORACE_TSAN
  if ((row.flags & op_acquire) != 0) me_->context.acquire(&h);
#endif
  if (quiet()) return;
  if ((row.flags & op_acquire) != 0 && h.clock != 0) time.join_now(h.clock);
  if ((row.flags & op_release) != 0) {
    const bool keep = (row.flags & op_acquire) != 0 && h.clock != 0;
    const std::uint32_t fresh = time.make_row();
    if (keep) time.join(time.row(fresh), time.row(h.clock));
    time.join_to(fresh);
    time.tick();
    h.clock = fresh;
  } else if (row.access == access_type::write && (row.flags & op_acquire) == 0) {
    h.clock = 0;
  }
}

#ifdef IORACE_TSAN
void declare_released(const void* place) {
  engine& e = engine::current();
  if (!e.peeking()) e.task_at(e.self()).context.release(&e.memory.past(place));
}
#endif

namespace {

constexpr std::uint64_t all_bits = ~std::uint64_t{0};

}  // namespace

void declare_read(const void* place, std::uint64_t mask) {
  engine::current().plain_access<op_kind::read, false>(place, mask, 0);
}

void declare_read_pointer(const void* place) {
  engine::current().plain_access<op_kind::read, true>(place, all_bits, 0);
}

void declare_write(const void* place, std::uint64_t value) {
  engine::current().plain_access<op_kind::write, false>(place, all_bits, value);
}

void declare_write_pointer(const void* place, std::uint64_t value) {
  engine::current().plain_access<op_kind::write, true>(place, all_bits, value);
}

void declare_marked(op_kind kind, const void* place, std::uint64_t mask, bool pointer,
                    std::uint64_t value) {
  engine::current().access(kind, place, mask, pointer, value);
}

bool declare_cmpxchg(const void* place, std::uint64_t mask, bool pointer, std::uint64_t old,
                     std::uint64_t value) {
  return engine::current().access(op_kind::atomic_sync, place, mask, pointer, value, &old);
}

}  // namespace iorace
