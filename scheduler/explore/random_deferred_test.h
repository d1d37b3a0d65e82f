// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What random programs (random_program_test.h) use besides the lab: of the primitives that do
// things later, RCU, workqueues, delayed work, timers and a device; and a second list.
#pragma once

#include "scheduler/sync/device_queue.h"
#include "scheduler/sync/lab_test.h"
#include "scheduler/sync/rcu.h"
#include "scheduler/sync/seqcount.h"
#include "scheduler/sync/timer.h"
#include "scheduler/sync/workqueue.h"

namespace iorace {

struct deferred_lab {
  work_struct plain, in_line;
  delayed_work later;
  timer_list timer;
  srcu_struct srcu;
  seqcount_t seq;
  list_head others;
  device_status status;
};
IORACE_DESCRIBE(deferred_lab, "deferred", plain, in_line, later, timer, srcu, seq, others, status);

struct deferred_thing {
  rcu_head rcu;
};
IORACE_DESCRIBE(deferred_thing, "deferred_thing", rcu);

// What the device is asked to do: to say that it has come to `number`, after a look at x.
struct deferred_command {
  device_command command;
  std::uint64_t number;
};
IORACE_DESCRIBE(deferred_command, "command", command);

// May be freed.
struct mortal {
  mutex lock;
  spinlock_t spin;
  rw_semaphore rw;
  completion done;
  work_struct work;
  delayed_work later;
  timer_list timer;
  rcu_head rcu;
  atomic_t uses;
};
IORACE_DESCRIBE(mortal, "mortal", lock, spin, rw, done, work, later, timer, rcu, uses);

struct deferred_world {
  lab* world;
  deferred_lab* here;
  mortal* doomed;
  workqueue_struct* unbound;
  workqueue_struct* line;
  device_queue device;
};
inline deferred_world& deferred() { return *static_cast<deferred_world*>(specimen()); }

inline void make_deferred(lab* l) {
  auto* d = make<deferred_lab>();
  auto* m = make<mortal>();
  specimen() = ::new (scratch(sizeof(deferred_world))) deferred_world{
      l, d, m, alloc_workqueue("unbound", WQ_UNBOUND, 0), alloc_ordered_workqueue("line", 0), {}};
  INIT_WORK(&d->plain, [](work_struct*) { atomic_inc(&deferred().world->x); });
  INIT_WORK(&d->in_line, [](work_struct* w) {
    if (atomic_inc_return(&deferred().world->y) == 1) queue_work(deferred().line, w);
  });
  INIT_DELAYED_WORK(&d->later, [](work_struct*) { atomic_inc(&deferred().world->x); });
  timer_setup(
      &d->timer, [](timer_list*) { atomic_inc(&deferred().world->y); }, 0);
  init_srcu_struct(&d->srcu);
  seqcount_init(&d->seq);
  INIT_LIST_HEAD(&d->others);
  device_queue_init(&deferred().device);
  device_status_init(&d->status);
  mutex_init(&m->lock);
  spin_lock_init(&m->spin);
  init_rwsem(&m->rw);
  init_completion(&m->done);
  constexpr auto use = [](auto*) { atomic_inc(&deferred().doomed->uses); };
  INIT_WORK(&m->work, use);
  INIT_DELAYED_WORK(&m->later, use);
  timer_setup(&m->timer, use, 0);
}

inline void ask_device(std::uint64_t number) {
  auto* c = kzalloc<deferred_command>(gfp::atomic);
  if (c == nullptr) return;
  c->number = number;
  c->command.execute = [](device_command* asked) {
    atomic_inc(&deferred().world->y);
    device_status_set(&deferred().here->status, reinterpret_cast<deferred_command*>(asked)->number);
  };
  device_submit(&deferred().device, &c->command);
}

inline void make_and_free_later() {
  auto* t = kzalloc<deferred_thing>(gfp::atomic);
  if (t != nullptr) kfree_rcu(t, rcu);
}

}  // namespace iorace
