// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Workqueues. An item is queued once until it starts; its pending mark is cleared before its
// function runs, so that it may be queued again meanwhile, and runs again afterwards: never twice
// at a time. The function may free the item. Workers may sleep.
//
// Who runs what: an item of an unbound queue has a worker of its own (kworker1 for the first
// INIT_WORK of the setup, kworker2.1 for cpu2's first), all run side by side. A queue of one item
// at a time has one worker, counted together with the items', and works in order of queueing. So
// names and results do not depend on how unrelated tasks interleave. Simplified: a limit of more
// than one item at a time is no limit; an item that runs is not waited for when it moves to another
// queue.
//
// Order: queueing happens before the start of the function, its end before the return of whoever
// waits for it. What is queued runs, even after all tasks of the program have ended; the setup may
// queue, but not wait; what the check queues runs at once.
#pragma once

#include "scheduler/sync/alarm.h"
#include "scheduler/sync/server.h"

namespace iorace {

enum wq_flags : unsigned { WQ_UNBOUND = 2, WQ_FREEZABLE = 4, WQ_MEM_RECLAIM = 8, WQ_HIGHPRI = 16 };

struct work_struct;
using work_func_t = void (*)(work_struct*);

struct workqueue_struct {
  sync_base base;
  server* line = nullptr;  // of a queue of one item at a time
  bool draining = false;
};
IORACE_DESCRIBE(workqueue_struct, "wq");

struct work_struct {
  job queued;
  work_func_t func = nullptr;
  server* own = nullptr;       // the worker of its own
  server* at = nullptr;        // where it was queued last
  alarm* delay = nullptr;      // of a delayed_work
  std::uint32_t disabled = 0;  // tasks that cancel it
};

// A work item that is queued when its time has come (see timer.h for what time is).
struct delayed_work {
  work_struct work;
  workqueue_struct* wq = nullptr;  // that it goes to
};
inline delayed_work* to_delayed_work(work_struct* work) {
  return reinterpret_cast<delayed_work*>(work);
}

// Returns null if the allocation fails. max_active 1: one item at a time, in order.
workqueue_struct* alloc_workqueue(const char* name, unsigned flags, int max_active);
workqueue_struct* alloc_ordered_workqueue(const char* name, unsigned flags);
// Runs everything to its end, then frees the queue.
void destroy_workqueue(workqueue_struct* wq);

// No operation. An item that is queued or runs is kernel-warn.
void INIT_WORK(work_struct* work, work_func_t func);
void INIT_DELAYED_WORK(delayed_work* work, work_func_t func);

// Returns false if the item is queued already. Blocks: a point.
bool queue_work(workqueue_struct* wq, work_struct* work);
// Waits for the item, if it is queued or runs; returns true iff it had to.
bool flush_work(work_struct* work);
// Takes the item out of its queue. Returns true iff it was queued. Blocks: a point.
bool cancel_work(work_struct* work);
// The same, and waits if it runs; it cannot be queued again meanwhile.
bool cancel_work_sync(work_struct* work);
// Wait for everything that was queued before, and what runs; until nothing is left, while only the
// queue's own items may queue more (others are kernel-warn).
void flush_workqueue(workqueue_struct* wq);
void drain_workqueue(workqueue_struct* wq);

// Returns false if the item is queued or its time is running. Blocks: a point.
bool queue_delayed_work(workqueue_struct* wq, delayed_work* work, unsigned long delay);
// Sets the time anew. Returns true iff the item was queued or its time was running.
bool mod_delayed_work(workqueue_struct* wq, delayed_work* work, unsigned long delay);
bool cancel_delayed_work(delayed_work* work);
bool cancel_delayed_work_sync(delayed_work* work);
// Queues the item at once, if its time is running, and waits for it.
bool flush_delayed_work(delayed_work* work);

}  // namespace iorace
