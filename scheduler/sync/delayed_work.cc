// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Delayed work: events are at the item's alarm and touch its worker as well. Running out and being
// queued are one event, so that there is nothing in between for others to trip over.
#include "scheduler/sync/workers.h"

namespace iorace {
namespace {

constexpr class_info delay_class = {"work_delay", "work_delay", sizeof(alarm), kept_fields, 1};

void queue_now(engine& e, alarm& a) {
  auto* dwork = static_cast<delayed_work*>(a.item);
  const op_kind kind = op_kind::timer_expire;
  touch_item(e, kind, *a.worker, &dwork->work, &a);
  e.touch(kind, dwork->wq, access_type::read);
  a.set = false;
  e.commit(kind, &a.base, 1);
  put_in_queue(e, *a.worker, *dwork->wq, dwork->work);
}

constexpr alarm_role queues = {"delay", "delayed_work_timer_fn", queue_now};

// Queues the item in `wq` after `delay` and returns true, unless it is pending. If `anew` an item
// that is pending is taken back first, and the return value is whether it was.
bool set_delay(workqueue_struct* wq, delayed_work* dwork, unsigned long delay, op_kind kind,
               bool anew) {
  engine& e = engine::current();
  work_struct& work = dwork->work;
  check_initialised(e, kind, &work);
  e.check_live(wq, kind);
  alarm& a = *work.delay;
  if (e.checking()) {
    run_at_once(&work);
    return !anew;
  }
  server& s = worker_in(*wq, work);
  e.begin(kind, &a.base);
  touch_item(e, kind, s, &work, &a);
  if (work.at != &s) touch_server(e, kind, *work.at, access_type::write);
  e.touch(kind, wq, access_type::read);
  const bool pending = is_pending(work);
  const bool queue = work.disabled == 0 && (anew || !pending);
  e.commit(kind, &a.base, anew ? pending : queue);
  check_open(e, *wq);
  e.release(work.queued.base);
  if (!queue) return anew && pending;
  if (work.queued.ticket != 0) take_back(e, *work.at, work.queued);
  move_item(work, s);
  a.worker = &s;
  dwork->wq = wq;
  if (delay != 0) {
    set_alarm(e, a, delay);
  } else {
    unset_alarm(e, a);
    put_in_queue(e, s, *wq, work);
  }
  return !anew || pending;
}

}  // namespace

void INIT_DELAYED_WORK(delayed_work* dwork, work_func_t func) {
  engine& e = engine::current();
  INIT_WORK(&dwork->work, func);
  if (dwork->work.delay == nullptr) {
    dwork->work.delay = make_alarm(e, delay_class, queues, dwork);
    dwork->work.delay->worker = dwork->work.own;
    dwork->work.own->beside = &dwork->work.delay->base;
  }
}

bool queue_delayed_work(workqueue_struct* wq, delayed_work* dwork, unsigned long delay) {
  return set_delay(wq, dwork, delay, op_kind::queue_delayed_work, false);
}
bool mod_delayed_work(workqueue_struct* wq, delayed_work* dwork, unsigned long delay) {
  return set_delay(wq, dwork, delay, op_kind::mod_delayed_work, true);
}
bool cancel_delayed_work(delayed_work* dwork) {
  return cancel(&dwork->work, op_kind::cancel_delayed_work, false);
}
bool cancel_delayed_work_sync(delayed_work* dwork) {
  return cancel(&dwork->work, op_kind::cancel_delayed_work_sync, true);
}

bool flush_delayed_work(delayed_work* dwork) {
  engine& e = engine::current();
  const op_kind kind = op_kind::mod_delayed_work;
  check_initialised(e, kind, &dwork->work);
  alarm& a = *dwork->work.delay;
  e.begin(kind, &a.base);
  touch_item(e, kind, *a.worker, &dwork->work, &a);
  if (dwork->wq != nullptr) e.touch(kind, dwork->wq, access_type::read);
  const bool was = a.set;
  e.commit(kind, &a.base, was);
  if (was) {
    unset_alarm(e, a);
    put_in_queue(e, *a.worker, *dwork->wq, dwork->work);
  }
  return flush_work(&dwork->work);
}

}  // namespace iorace
