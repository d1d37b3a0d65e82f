// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// lockdep_assert_held and friends: does the *running task* hold this lock? Operations, never
// points, because a trace shows them; a lock that is not held is the verdict lockdep-assert.
#pragma once

#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace {

void lockdep_assert_held(const mutex* lock);
void lockdep_assert_held(const spinlock_t* lock);
// For reading or for writing.
void lockdep_assert_held(const rw_semaphore* sem);
// The lock inside an xarray (in the kernel: &xa->xa_lock).
void lockdep_assert_held(const xarray* xa);
void lockdep_assert_held_read(const rw_semaphore* sem);
void lockdep_assert_held_write(const rw_semaphore* sem);

void lockdep_assert_not_held(const mutex* lock);
void lockdep_assert_not_held(const rw_semaphore* sem);

}  // namespace iorace
