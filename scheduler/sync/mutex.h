// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct mutex: sleeping, not recursive, released by its owner. A lock that is held makes the next
// mutex_lock a pending event that is not enabled; when it is freed, any task that waits or arrives
// may get it, as in the kernel, where an arriving task may steal it (--fair: first come).
#pragma once

#include "scheduler/engine/sync_base.h"
#include "scheduler/sync/fifo.h"

namespace iorace {

struct mutex {
  sync_base base;
  fifo waiters;        // under --fair only
  task_id holder = 0;  // 0 is free, else the owner's id + 1
};

void mutex_init(mutex* lock);
// Requires: not held, else lock-held-at-exit. The mutex counts as uninitialised from here on.
void mutex_destroy(mutex* lock);
// Blocks: until the lock is free. Recursion is recursive-lock, a spinlock held is sleep-in-atomic.
void mutex_lock(mutex* lock);
// Returns true iff it took the lock. Blocks: a point, never waits.
bool mutex_trylock(mutex* lock);
// Blocks: a point. A task that does not hold the lock is unlock-not-owner.
void mutex_unlock(mutex* lock);

}  // namespace iorace
