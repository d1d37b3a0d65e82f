// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// spinlock_t. Nothing spins here: a lock that is held makes the next spin_lock an event that is not
// enabled. Between spin_lock and spin_unlock the task is in atomic context: whatever may sleep is
// sleep-in-atomic. Interrupts are not modelled yet, so there are no _irq forms.
#pragma once

#include "scheduler/engine/sync_base.h"
#include "scheduler/sync/fifo.h"

namespace iorace {

struct spinlock {
  sync_base base;
  fifo waiters;        // under --fair only
  task_id holder = 0;  // 0 is free, else the owner's id + 1
};
using spinlock_t = spinlock;

void spin_lock_init(spinlock_t* lock);
// Blocks: until the lock is free. Recursion is recursive-lock.
void spin_lock(spinlock_t* lock);
// Returns true iff it took the lock. Blocks: a point, never waits.
bool spin_trylock(spinlock_t* lock);
// Blocks: a point. A task that does not hold the lock is unlock-not-owner.
void spin_unlock(spinlock_t* lock);

}  // namespace iorace
