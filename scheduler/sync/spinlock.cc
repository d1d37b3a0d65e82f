// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/spinlock.h"

#include "scheduler/sync/lock_wait.h"

namespace iorace {
namespace {

// A task that holds the lock itself may go on: into the verdict.
bool may_spin_lock(const void* object, task_id task) {
  const spinlock& l = *static_cast<const spinlock*>(object);
  return l.holder == holder_mark(task) || (l.holder == 0 && fifo_may_pass(l.waiters, task));
}

inline void take(engine& e, spinlock_t* lock, op_kind how) {
  lock->holder = holder_mark(e.self());
  e.commit(1);
  e.acquire(lock->base);
  e.hold(lock, how);
  e.atomic_enter();
  e.changed(lock->base);
}

}  // namespace

void spin_lock_init(spinlock_t* lock) {
  *lock = {.base = {.magic = sync_magic}, .waiters = {}, .holder = 0};
}

void spin_lock(spinlock_t* lock) {
  engine& e = engine::current();
  if (e.peeking()) return;
  wait_in_turn(e, op_kind::spin_lock, &lock->base, lock->waiters, may_spin_lock);
  if (lock->holder != 0) {
    e.commit(0);
    found_recursion(e, lock);
  }
  take(e, lock, op_kind::spin_lock);
}

bool spin_trylock(spinlock_t* lock) {
  engine& e = engine::current();
  if (e.peeking()) return true;
  e.begin(op_kind::spin_trylock, &lock->base);
  if (lock->holder != 0 || !fifo_may_pass(lock->waiters, e.self())) {
    e.commit(0);
    return false;
  }
  take(e, lock, op_kind::spin_trylock);
  return true;
}

void spin_unlock(spinlock_t* lock) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::spin_unlock, &lock->base);
  e.commit(0);
  if (lock->holder != holder_mark(e.self())) found_not_owner(e, lock, lock->holder);
  lock->holder = 0;
  e.atomic_leave();
  e.unhold(lock);
  e.release(lock->base);
  e.changed(lock->base);
}

}  // namespace iorace
