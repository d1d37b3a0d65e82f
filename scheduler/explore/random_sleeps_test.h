// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// More instructions of random programs: sleeps that a signal ends or that are woken one by one,
// a device, counts that release, and what else of RCU, work and timers ends what was begun.
#pragma once

#include "scheduler/explore/random_instructions_test.h"
#include "scheduler/sync/kref.h"

namespace iorace {

template <task_state state, bool exclusive>
long sleep_until_x(lab* l) {
  auto condition = [l] { return atomic_read(&l->x) != 0; };
  return wait_event_state(l->wq, condition, state, exclusive, MAX_SCHEDULE_TIMEOUT);
}
inline void count_later(rcu_head*) { atomic_inc(&deferred().world->z); }

inline const instruction sleep_instructions[] = {
    {"sleep_killable", "signals",
     [](lab* l, own_state& own) {
       if (own.free_to_sleep()) own.seen = sleep_until_x<TASK_KILLABLE, false>(l) < 0;
     }},
    {"sleep_interruptible", "signals",
     [](lab* l, own_state& own) {
       if (own.free_to_sleep()) own.seen = sleep_until_x<TASK_INTERRUPTIBLE, false>(l) < 0;
     }},
    {"is_killed", "signals",
     [](lab* l, own_state&) {
       if (fatal_signal_pending()) atomic_set(&l->z, 2);
     }},
    {"wake_interruptible", "signals", [](lab* l, own_state&) { wake_up_interruptible(&l->wq); }},
    {"sleep_alone", "turns",
     [](lab* l, own_state& own) {
       if (own.free_to_sleep()) sleep_until_x<TASK_UNINTERRUPTIBLE, true>(l);
     }},
    {"sleep_too", "turns",
     [](lab* l, own_state& own) {
       if (own.free_to_sleep()) sleep_until_x<TASK_UNINTERRUPTIBLE, false>(l);
     }},
    {"lower_x", "turns signals", [](lab* l, own_state&) { atomic_set(&l->x, 0); }},
    {"submit_1", "devices", [](lab*, own_state&) { ask_device(1); }},
    {"submit_2", "devices", [](lab*, own_state&) { ask_device(2); }},
    {"poll_1", "devices", [](lab*, own_state&) { device_poll(&deferred().here->status, 1); }},
    {"poll_2", "devices", [](lab*, own_state&) { device_poll(&deferred().here->status, 2); }},
    {"write_if", "devices later",
     [](lab* l, own_state& own) {
       if (own.seen != 0) l->v = 1;
     }},
    {"call_later", "later",
     [](lab*, own_state&) {
       if (auto* t = kzalloc<deferred_thing>(gfp::atomic)) call_rcu(&t->rcu, count_later);
     }},
    {"call_srcu", "later",
     [](lab*, own_state&) {
       if (auto* t = kzalloc<deferred_thing>(gfp::atomic))
         call_srcu(&deferred().here->srcu, &t->rcu, count_later);
     }},
    {"srcu_barrier", "later",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) srcu_barrier(&deferred().here->srcu);
     }},
    {"read_srcu", "later",
     [](lab* l, own_state& own) {
       const int index = srcu_read_lock(&deferred().here->srcu);
       own.seen = atomic_read(&l->z);
       srcu_read_unlock(&deferred().here->srcu, index);
     }},
    {"flush_delayed", "later",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = flush_delayed_work(&deferred().here->later);
     }},
    {"undelay", "later",
     [](lab*, own_state& own) { own.seen = cancel_delayed_work(&deferred().here->later); }},
    {"drain", "later",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) drain_workqueue(deferred().line);
     }},
    {"shut_timer", "later",
     [](lab*, own_state& own) { own.seen = timer_shutdown_sync(&deferred().here->timer); }},
    {"get", "krefs", [](lab* l, own_state&) { refcount_inc(&l->ref); }},
    {"put_not_last", "krefs",
     [](lab* l, own_state& own) { own.seen = refcount_dec_not_one(&l->ref); }},
    {"get_two", "krefs", [](lab* l, own_state&) { refcount_add(2, &l->ref); }},
    {"put_two", "krefs",
     [](lab* l, own_state& own) { own.seen = refcount_sub_and_test(2, &l->ref); }},
    {"swap", "krefs", [](lab* l, own_state& own) { own.seen = atomic_xchg(&l->x, 5); }},
    {"sub", "krefs", [](lab* l, own_state& own) { own.seen = atomic_dec_and_test(&l->x); }},
};

}  // namespace iorace
