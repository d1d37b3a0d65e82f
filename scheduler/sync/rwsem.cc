// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/rwsem.h"

#include "scheduler/sync/lock_wait.h"

namespace iorace {
namespace {

bool free_for_reader(const rw_semaphore& s) { return s.writer == 0 && s.arrived == 0; }
bool free_for_writer(const rw_semaphore& s) { return s.writer == 0 && s.readers == 0; }

// The writer itself may go on: into the verdict. A reader that comes back is stopped by a waiting
// writer like any other, which is how read recursion deadlocks; one that is the first of a queue is
// not, for the writers that have arrived came later.
bool may_read(const void* object, task_id task) {
  const rw_semaphore& s = *static_cast<const rw_semaphore*>(object);
  if (fifo_is_first(s.waiters, task)) return s.writer == 0;
  return s.writer == holder_mark(task) || (free_for_reader(s) && s.waiters.first == nullptr);
}

bool may_write(const void* object, task_id task) {
  const rw_semaphore& s = *static_cast<const rw_semaphore*>(object);
  return free_for_writer(s) && fifo_may_pass(s.waiters, task);
}

void take_for_reading(engine& e, rw_semaphore* sem, op_kind how) {
  ++sem->readers;
  e.commit(1);
  e.acquire(sem->base);
  e.hold(sem, how);
  e.changed(sem->base);
}

void take_for_writing(engine& e, rw_semaphore* sem, op_kind how) {
  static_assert(tasks_max < 256);
  sem->writer = static_cast<std::uint8_t>(holder_mark(e.self()));
  e.commit(1);
  e.acquire(sem->base);
  e.acquire(sem->left);
  e.hold(sem, how);
  e.changed(sem->base);
}

}  // namespace

void init_rwsem(rw_semaphore* sem) {
  *sem = {};
  sem->base.magic = sync_magic;
}

void down_read(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return;
  wait_in_turn(e, op_kind::down_read, &sem->base, sem->waiters, may_read);
  if (sem->writer != 0) {
    e.commit(0);
    found_recursion(e, sem);
  }
  take_for_reading(e, sem, op_kind::down_read);
}

bool down_read_trylock(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return true;
  e.begin(op_kind::down_read_trylock, &sem->base);
  if (!free_for_reader(*sem) || !fifo_may_pass(sem->waiters, e.self())) {
    e.commit(0);
    return false;
  }
  take_for_reading(e, sem, op_kind::down_read_trylock);
  return true;
}

void up_read(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::up_read, &sem->base);
  e.commit(0);
  if (sem->writer != 0 || !e.holds(sem)) found_not_owner(e, sem, sem->writer);
  --sem->readers;
  e.unhold(sem);
  e.release(sem->left);
  e.changed(sem->base);
}

void down_write(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::down_write_arrive, &sem->base);
  e.commit(0);
  if (e.holds(sem)) found_recursion(e, sem);
  ++sem->arrived;
  e.changed(sem->base);
  fifo_link link;
  if (e.options().fair) fifo_push(sem->waiters, link, e.self());
  e.begin(op_kind::down_write, &sem->base, may_write);
  if (e.options().fair) fifo_remove(sem->waiters, link);
  --sem->arrived;
  take_for_writing(e, sem, op_kind::down_write);
}

bool down_write_trylock(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return true;
  e.begin(op_kind::down_write_trylock, &sem->base);
  if (!free_for_writer(*sem) || sem->arrived != 0 || !fifo_may_pass(sem->waiters, e.self())) {
    e.commit(0);
    return false;
  }
  take_for_writing(e, sem, op_kind::down_write_trylock);
  return true;
}

void up_write(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::up_write, &sem->base);
  e.commit(0);
  if (sem->writer != holder_mark(e.self())) found_not_owner(e, sem, sem->writer);
  sem->writer = 0;
  e.unhold(sem);
  e.release(sem->base);
  e.changed(sem->base);
}

void downgrade_write(rw_semaphore* sem) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::downgrade_write, &sem->base);
  e.commit(0);
  if (sem->writer != holder_mark(e.self())) found_not_owner(e, sem, sem->writer);
  sem->writer = 0;
  sem->readers = 1;
  task& t = e.task_at(e.self());
  for (unsigned i = 0; i < t.held_count; ++i)
    if (t.held[i].lock == sem) t.held[i].how = op_kind::down_read;
  e.release(sem->base);
  e.changed(sem->base);
}

}  // namespace iorace
