// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What workqueue.cc and delayed_work.cc have in common; not for programs.
#pragma once

#include "scheduler/sync/workqueue.h"

namespace iorace {

server* make_worker(engine& e);
// The worker that an item gets in a queue.
inline server& worker_in(const workqueue_struct& wq, const work_struct& work) {
  return wq.line != nullptr ? *wq.line : *work.own;
}
// The item is at the worker `s` from now on. Its own worker, which outlives it, knows that, too.
inline void move_item(work_struct& work, server& s) { work.own->item_at = work.at = &s; }
// True iff the item is queued or its time is running.
inline bool is_pending(const work_struct& work) {
  return work.queued.ticket != 0 || (work.delay != nullptr && work.delay->set);
}
void check_initialised(engine& e, op_kind kind, const work_struct* work);
// Convicts if the queue is being drained and the running task is none of its workers. The event
// has been committed.
void check_open(engine& e, const workqueue_struct& wq);
// An event of `kind` changes the item and its worker; at its alarm, if that is where it is.
inline void touch_item(engine& e, op_kind kind, const server& s, work_struct* work,
                       alarm* delay = nullptr) {
  if (delay != nullptr) e.touch(kind, &delay->base, access_type::write);
  touch_server(e, kind, s, access_type::write);
  e.touch(kind, work, access_type::write);
}
inline void put_in_queue(engine& e, server& s, const workqueue_struct& wq, work_struct& work) {
  s.owner = &wq;
  move_item(work, s);
  give(e, s, work.queued);
}
// What the check queues runs at once, but not inside itself.
void run_at_once(work_struct* work);
// Cancels an item, and waits for it if `sync`. Returns true iff it was pending.
bool cancel(work_struct* work, op_kind kind, bool sync);
// All that was ever queued in `wq`, to be waited for.
awaited* everything_in(engine& e, const workqueue_struct& wq);

}  // namespace iorace
