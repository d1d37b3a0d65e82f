// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/lockdep.h"

#include "scheduler/engine/points.h"

namespace iorace {
namespace {

enum class mode : std::uint8_t { any, read, write, none };

constexpr const char* wanted[] = {"held", "held for reading", "held for writing", "not held"};

bool for_reading(op_kind how) {
  return how == op_kind::down_read || how == op_kind::down_read_trylock;
}

bool satisfied(const engine& e, const task& t, const void* lock, mode m) {
  if (m == mode::none) return !e.holds(lock);
  for (unsigned i = 0; i < t.held_count; ++i)
    if (t.held[i].lock == lock &&
        (m == mode::any || for_reading(t.held[i].how) == (m == mode::read)))
      return true;
  return false;
}

[[noreturn, gnu::cold, gnu::noinline]] void found_otherwise(engine& e, const void* lock, mode m) {
  e.found(verdict::lockdep_assert, e.name_of(lock) + " should be " +
                                       wanted[static_cast<unsigned>(m)] + " by " +
                                       e.task_name(e.self()));
}

void assert_mode(const void* lock, mode m) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.check_live(lock, op_kind::lockdep_assert);
  e.begin_plain(op_kind::lockdep_assert);
  const bool good = satisfied(e, e.task_at(e.self()), lock, m);
  e.commit(op_kind::lockdep_assert, lock, good);
  if (!good) found_otherwise(e, lock, m);
}

}  // namespace

void lockdep_assert_held(const mutex* lock) { assert_mode(lock, mode::any); }
void lockdep_assert_held(const spinlock_t* lock) { assert_mode(lock, mode::any); }
void lockdep_assert_held(const rw_semaphore* sem) { assert_mode(sem, mode::any); }
void lockdep_assert_held(const xarray* xa) { assert_mode(xa, mode::any); }
void lockdep_assert_held_read(const rw_semaphore* sem) { assert_mode(sem, mode::read); }
void lockdep_assert_held_write(const rw_semaphore* sem) { assert_mode(sem, mode::write); }
void lockdep_assert_not_held(const mutex* lock) { assert_mode(lock, mode::none); }
void lockdep_assert_not_held(const rw_semaphore* sem) { assert_mode(sem, mode::none); }

}  // namespace iorace
