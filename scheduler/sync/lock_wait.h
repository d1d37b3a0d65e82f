// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the locks of this folder have in common; not for programs.
#pragma once

#include <string>

#include "scheduler/engine/points.h"
#include "scheduler/sync/fifo.h"

namespace iorace {

// Holders are stored as id + 1, so that zeroed memory is a free lock.
inline task_id holder_mark(task_id t) { return static_cast<task_id>(t + 1); }

void wait_in_queue(engine& e, op_kind kind, sync_base* object, fifo& waiters, enabled_fn enabled);
// Runs one waiting operation. Under --fair a task that finds the lock taken when it comes queues up
// and is served in turn; one that found it free and was overtaken counts as coming later.
// Requires: `enabled` holds for nobody but the first of a queue that is not empty.
[[gnu::always_inline]] inline void wait_in_turn(engine& e, op_kind kind, sync_base* object,
                                                fifo& waiters, enabled_fn enabled) {
  if (__builtin_expect(e.options().fair && !e.quiet(), 0))
    return wait_in_queue(e, kind, object, waiters, enabled);
  e.begin(kind, object, enabled);
}

// The verdicts of misuse. The operation has been committed, so that the record shows it.
[[noreturn, gnu::cold, gnu::noinline]] inline void found_recursion(engine& e, const void* lock) {
  e.found(verdict::recursive_lock,
          line(e.task_name(e.self())) + " holds " + e.name_of(lock) + " already");
}
[[noreturn, gnu::cold, gnu::noinline]] inline void found_not_owner(engine& e, const void* lock,
                                                                   task_id holder) {
  e.found(verdict::unlock_not_owner,
          line(e.task_name(e.self())) + " releases " + e.name_of(lock) + ", which " +
              (holder == 0 ? line("nobody") : line(e.task_name(static_cast<task_id>(holder - 1)))) +
              " holds");
}

}  // namespace iorace
