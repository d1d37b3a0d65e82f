// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the locks of this folder have in common; not for programs.
#pragma once

#include <string>

#include "scheduler/engine/engine.h"
#include "scheduler/sync/fifo.h"

namespace iorace {

// Holders are stored as id + 1, so that zeroed memory is a free lock.
inline task_id holder_mark(task_id t) { return static_cast<task_id>(t + 1); }

// Runs one waiting operation. Under --fair a task that finds the lock taken when it comes queues up
// and is served in turn; one that found it free and was overtaken counts as coming later.
// Requires: `enabled` holds for nobody but the first of a queue that is not empty.
inline void wait_in_turn(engine& e, op_kind kind, sync_base* object, fifo& waiters,
                         enabled_fn enabled) {
  fifo_link link;
  const bool queue = e.options().fair && !e.quiet() && is_live(object) &&
                     object->magic == sync_magic && !enabled(object, e.self());
  if (queue) fifo_push(waiters, link, e.self());
  e.begin(kind, object, enabled);
  if (queue) fifo_remove(waiters, link);
}

// The verdicts of misuse. The operation has been committed, so that the record shows it.
[[noreturn]] inline void found_recursion(engine& e, const void* lock) {
  e.found(verdict::recursive_lock,
          line(e.task_name(e.self())) + " holds " + e.name_of(lock) + " already");
}
[[noreturn]] inline void found_not_owner(engine& e, const void* lock, task_id holder) {
  e.found(verdict::unlock_not_owner,
          line(e.task_name(e.self())) + " releases " + e.name_of(lock) + ", which " +
              (holder == 0 ? line("nobody") : line(e.task_name(static_cast<task_id>(holder - 1)))) +
              " holds");
}

}  // namespace iorace
