// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What random programs (random_program_test.h) use of the primitives that do things later: RCU,
// workqueues, delayed work and timers.
#pragma once

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
};
IORACE_DESCRIBE(deferred_lab, "deferred", plain, in_line, later, timer, srcu, seq);

struct deferred_thing {
  rcu_head rcu;
};
IORACE_DESCRIBE(deferred_thing, "deferred_thing", rcu);

struct deferred_world {
  lab* world;
  deferred_lab* here;
  workqueue_struct* unbound;
  workqueue_struct* line;
};
inline deferred_world& deferred() { return *static_cast<deferred_world*>(specimen()); }

inline void make_deferred(lab* l) {
  auto* d = make<deferred_lab>();
  specimen() = ::new (scratch(sizeof(deferred_world))) deferred_world{
      l, d, alloc_workqueue("unbound", WQ_UNBOUND, 0), alloc_ordered_workqueue("line", 0)};
  INIT_WORK(&d->plain, [](work_struct*) { atomic_inc(&deferred().world->x); });
  INIT_WORK(&d->in_line, [](work_struct* w) {
    if (atomic_inc_return(&deferred().world->y) == 1) queue_work(deferred().line, w);
  });
  INIT_DELAYED_WORK(&d->later, [](work_struct*) { atomic_inc(&deferred().world->x); });
  timer_setup(
      &d->timer, [](timer_list*) { atomic_inc(&deferred().world->y); }, 0);
  init_srcu_struct(&d->srcu);
  seqcount_init(&d->seq);
}

inline void make_and_free_later() {
  auto* t = kzalloc<deferred_thing>(gfp::atomic);
  if (t != nullptr) kfree_rcu(t, rcu);
}

}  // namespace iorace
