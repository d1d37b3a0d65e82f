// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// More instructions of random programs: primitives that are part of an object which may be freed
// while others come to them, wait for them, or are called by them.
#pragma once

#include "scheduler/explore/random_instructions_test.h"

namespace iorace {

inline mortal* doomed() { return deferred().doomed; }

inline const instruction mortal_instructions[] = {
    {"mortal_lock", "mortals",
     [](lab*, own_state& own) {
       if (own.free_to_sleep())
         take_or_drop(own.mortal_lock, &doomed()->lock, mutex_lock, mutex_unlock);
     }},
    {"mortal_spin", "mortals",
     [](lab*, own_state& own) {
       take_or_drop(own.mortal_spin, &doomed()->spin, spin_lock, spin_unlock);
     }},
    {"mortal_read", "mortals",
     [](lab*, own_state& own) {
       if (own.free_to_sleep() && !own.mortal_writes)
         take_or_drop(own.mortal_reads, &doomed()->rw, down_read, up_read);
     }},
    {"mortal_write", "mortals",
     [](lab*, own_state& own) {
       if (own.free_to_sleep() && !own.mortal_reads)
         take_or_drop(own.mortal_writes, &doomed()->rw, down_write, up_write);
     }},
    {"mortal_wait", "mortals",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) wait_for_completion(&doomed()->done);
     }},
    {"mortal_done", "mortals", [](lab*, own_state&) { complete(&doomed()->done); }},
    {"mortal_use", "mortals mortals_later",
     [](lab*, own_state& own) { own.seen = atomic_inc_return(&doomed()->uses); }},
    {"mortal_free", "mortals mortals_later", [](lab*, own_state&) { kfree(doomed()); }},
    {"mortal_free_if", "mortals mortals_later",
     [](lab*, own_state& own) {
       if (own.seen != 0) kfree(doomed());
     }},
    {"mortal_queue", "mortals_later",
     [](lab*, own_state&) { queue_work(deferred().unbound, &doomed()->work); }},
    {"mortal_flush", "mortals_later",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) flush_work(&doomed()->work);
     }},
    {"mortal_arm", "mortals_later",
     [](lab*, own_state&) { mod_timer(&doomed()->timer, jiffies + 1); }},
    {"mortal_delay", "mortals_later",
     [](lab*, own_state&) { queue_delayed_work(deferred().unbound, &doomed()->later, 1); }},
    {"mortal_free_later", "mortals_later", [](lab*, own_state&) { kfree_rcu(doomed(), rcu); }},
    {"mortal_undo", "mortals_later",
     [](lab*, own_state& own) { own.seen = cancel_work(&doomed()->work); }},
    {"look", "mortals mortals_later",
     [](lab* l, own_state& own) { own.seen = atomic_read(&l->x); }},
    {"raise", "mortals mortals_later", [](lab* l, own_state&) { atomic_inc(&l->x); }},
    {"warn_if_raised", "mortals", [](lab* l, own_state&) { WARN_ON(atomic_read(&l->x) != 0); }},
};

}  // namespace iorace
