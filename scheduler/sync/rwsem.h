// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct rw_semaphore. down_write is two events: arrive, from which on no new reader gets in, and
// the acquisition itself. Which of the waiters gets a freed lock is the schedule's choice, and an
// arriving writer may steal it (--fair: first come, first served).
//
// The kernel sometimes lets a reader steal a lock that has just been freed under a queued writer.
// That needs no event of its own: the same outcome is reached where the writer arrives later, for
// an arrival is noticed by nobody but the readers and trylocks that it stops.
#pragma once

#include "scheduler/engine/sync_base.h"
#include "scheduler/sync/fifo.h"

namespace iorace {

// Invariants:
// 1. writer != 0 implies readers == 0.
// 2. A reader gets in only while writer == 0 and arrived == 0.
struct rw_semaphore {
  sync_base base;
  fifo waiters;               // under --fair only
  std::uint32_t left = 0;     // clock that readers release: nothing orders them among themselves
  std::uint8_t writer = 0;    // 0 is none, else the writer's id + 1
  std::uint8_t arrived = 0;   // writers between arrival and acquisition
  std::uint16_t readers = 0;  // read holds, recursive ones counted each
};

void init_rwsem(rw_semaphore* sem);
// Blocks: until no writer holds the lock or waits for it. Read recursion is legal, and a deadlock
// when a writer arrives in between; down_read under the own write lock is recursive-lock.
void down_read(rw_semaphore* sem);
// Returns true iff it took the lock. Blocks: a point, never waits.
bool down_read_trylock(rw_semaphore* sem);
// Blocks: a point. A task that holds no read lock is unlock-not-owner.
void up_read(rw_semaphore* sem);
// Blocks: until nobody holds the lock. Recursion (also from read to write) is recursive-lock.
void down_write(rw_semaphore* sem);
// Returns true iff it took the lock; false also where only a waiting writer stands in the way.
// Blocks: a point, never waits.
bool down_write_trylock(rw_semaphore* sem);
// Blocks: a point. A task that is not the writer is unlock-not-owner.
void up_write(rw_semaphore* sem);
// Turns the own write lock into a read lock; readers that wait get in unless a writer waits too.
// Blocks: a point.
void downgrade_write(rw_semaphore* sem);

}  // namespace iorace
