// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Events are at the worker, which outlives the item and the queue; who flushes or cancels an item
// is at its own, wherever it will turn out to be. They touch the item, which has to live, and look
// at the queue, whose flush writes to it.
#include "scheduler/sync/workqueue.h"

#include "scheduler/sync/workers.h"

namespace iorace {

void INIT_WORK(work_struct* work, work_func_t func) {
  engine& e = engine::current();
  e.check_live(work, op_kind::queue_work);
  const bool before = work->queued.base.magic == sync_magic;
  if (before && (is_pending(*work) || work->at->current == &work->queued))
    e.found(verdict::kernel_warn, "INIT_WORK of " + e.name_of(work) + ", which is in use");
  if (!before) {
    work->own = make_worker(e);
    move_item(*work, *work->own);
  }
  work->queued.base.magic = sync_magic;
  work->func = func;
}

workqueue_struct* alloc_workqueue(const char*, unsigned, int max_active) {
  engine& e = engine::current();
  auto* wq = kzalloc<workqueue_struct>();
  if (wq == nullptr) return nullptr;
  wq->base.magic = sync_magic;
  if (max_active == 1) wq->line = make_worker(e);
  return wq;
}
workqueue_struct* alloc_ordered_workqueue(const char* name, unsigned flags) {
  return alloc_workqueue(name, flags, 1);
}

bool queue_work(workqueue_struct* wq, work_struct* work) {
  engine& e = engine::current();
  check_initialised(e, op_kind::queue_work, work);
  e.check_live(wq, op_kind::queue_work);
  if (e.checking()) {
    run_at_once(work);
    return true;
  }
  server& s = worker_in(*wq, *work);
  e.begin(op_kind::queue_work, &s.base);
  touch_item(e, op_kind::queue_work, s, work);
  e.touch(op_kind::queue_work, wq, access_type::read);
  const bool queue = !is_pending(*work) && work->disabled == 0;
  e.commit(op_kind::queue_work, &s.base, queue);
  check_open(e, *wq);
  e.release(work->queued.base);
  if (queue) put_in_queue(e, s, *wq, *work);
  return queue;
}

bool flush_work(work_struct* work) {
  engine& e = engine::current();
  check_initialised(e, op_kind::flush_work, work);
  server& own = *work->own;
  e.begin(op_kind::flush_work, &own.base);
  server& s = *own.item_at;
  touch_server(e, op_kind::flush_work, s, access_type::read);
  e.touch(op_kind::flush_work, work, access_type::read);
  const bool runs = s.current == &work->queued;
  const std::uint32_t until = work->queued.ticket != 0 ? work->queued.ticket : s.running;
  const bool wait = work->queued.ticket != 0 || runs;
  e.commit(op_kind::flush_work, &own.base, wait);
  e.acquire(s.base);
  awaited* jobs = nullptr;
  if (wait) await_jobs(s, until, jobs);
  await(e, op_kind::work_wait, jobs);
  return wait;
}

bool cancel_work(work_struct* work) { return cancel(work, op_kind::cancel_work, false); }
bool cancel_work_sync(work_struct* work) { return cancel(work, op_kind::cancel_work_sync, true); }

void flush_workqueue(workqueue_struct* wq) {
  engine& e = engine::current();
  e.begin(op_kind::flush_workqueue, &wq->base);
  e.commit(op_kind::flush_workqueue, wq, 1);
  await(e, op_kind::work_wait, everything_in(e, *wq));
}

// Once more as long as something has been queued since the last look.
void drain_workqueue(workqueue_struct* wq) {
  engine& e = engine::current();
  for (std::uint64_t before = ~std::uint64_t{0};;) {
    e.begin(op_kind::drain_workqueue, &wq->base);
    std::uint64_t queued = 0;
    for (const server* s = servers(e); s != nullptr; s = s->next)
      if (s->owner == wq) queued += s->given;
    wq->draining = queued != before;
    e.commit(op_kind::drain_workqueue, wq, wq->draining);
    if (!wq->draining) return;
    before = queued;
    await(e, op_kind::work_wait, everything_in(e, *wq));
  }
}

void destroy_workqueue(workqueue_struct* wq) {
  drain_workqueue(wq);
  kfree(wq);
}

}  // namespace iorace
