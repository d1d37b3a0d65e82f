// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/mutex.h"

#include "scheduler/sync/lock_wait.h"

namespace iorace {
namespace {

// A task that holds the lock itself may go on: into the verdict.
bool may_lock(const void* object, task_id task) {
  const mutex& m = *static_cast<const mutex*>(object);
  return m.holder == holder_mark(task) || (m.holder == 0 && fifo_may_pass(m.waiters, task));
}

[[gnu::always_inline]] inline void take(engine& e, mutex* lock, op_kind how) {
  lock->holder = holder_mark(e.self());
  e.commit(1);
  e.acquire(lock->base);
  e.hold(lock, how);
  e.changed(lock->base);
}

}  // namespace

void mutex_init(mutex* lock) {
  *lock = {.base = {.magic = sync_magic}, .waiters = {}, .holder = 0};
}

void mutex_destroy(mutex* lock) {
  engine& e = engine::current();
  e.check_live(lock, op_kind::mutex_unlock);
  if (lock->holder != 0)
    e.found(verdict::lock_held_at_exit, "mutex_destroy of " + e.name_of(lock) + ", which is held");
  lock->base.magic = 0;
}

void mutex_lock(mutex* lock) {
  engine& e = engine::current();
  if (e.peeking()) return;
  wait_in_turn(e, op_kind::mutex_lock, &lock->base, lock->waiters, may_lock);
  if (lock->holder != 0) {
    e.commit(0);
    found_recursion(e, lock);
  }
  take(e, lock, op_kind::mutex_lock);
}

bool mutex_trylock(mutex* lock) {
  engine& e = engine::current();
  if (e.peeking()) return true;
  e.begin(op_kind::mutex_trylock, &lock->base);
  if (lock->holder != 0 || !fifo_may_pass(lock->waiters, e.self())) {
    e.commit(0);
    return false;
  }
  take(e, lock, op_kind::mutex_trylock);
  return true;
}

void mutex_unlock(mutex* lock) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::mutex_unlock, &lock->base);
  e.commit(0);
  if (lock->holder != holder_mark(e.self())) found_not_owner(e, lock, lock->holder);
  lock->holder = 0;
  e.unhold(lock);
  e.release(lock->base);
  e.changed(lock->base);
}

}  // namespace iorace
