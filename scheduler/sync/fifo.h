// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A queue of tasks in the order of their arrival. Links live on the stacks of the waiting tasks:
// nothing is allocated, and an execution that is discarded leaves nothing behind. The locks keep
// one only under --fair; without it who gets a freed lock is the schedule's choice.
#pragma once

#include "scheduler/engine/operation.h"

namespace iorace {

struct fifo_link {
  fifo_link* next = nullptr;
  task_id task = no_task;
};

struct fifo {
  fifo_link* first = nullptr;
};

void fifo_push(fifo& q, fifo_link& link, task_id task);
// Requires: `link` is in `q`.
void fifo_remove(fifo& q, fifo_link& link);
// Returns true iff `task` waits in `q`, and nobody in front of it.
inline bool fifo_is_first(const fifo& q, task_id task) {
  return q.first != nullptr && q.first->task == task;
}
// Returns true iff nobody came before `task`.
inline bool fifo_may_pass(const fifo& q, task_id task) {
  return q.first == nullptr || fifo_is_first(q, task);
}

}  // namespace iorace
