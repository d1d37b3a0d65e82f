// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct timer_list. The handler runs in atomic context in a task of the timer's own (timer1 for
// the first timer_setup of the setup, timer2.1 for cpu2's first) and may free the timer, set it
// again or not. When a timer goes off: see alarm.h. Deletion takes an armed timer back; only the
// _sync forms wait for a handler that runs, so calling them from the handler, or under a lock that
// it takes, is a deadlock. Freeing an armed timer is use-after-free as soon as it goes off.
//
// Order: arming happens before the handler's start, its end before the return of who waits for it.
#pragma once

#include "scheduler/sync/alarm.h"

namespace iorace {

struct timer_list {
  sync_base base;
  void (*function)(timer_list*) = nullptr;
  alarm* kept = nullptr;
};

// Times are counted from now on: mod_timer(&t, jiffies + HZ).
constexpr unsigned long jiffies = 0;

// No operation. A timer that is armed or runs is kernel-warn.
void timer_setup(timer_list* timer, void (*function)(timer_list*), unsigned flags);
// Arms the timer anew. Returns 1 iff it was armed; does nothing once it is shut down. Blocks: a
// point.
int mod_timer(timer_list* timer, unsigned long expires);
// Requires: not armed, else kernel-warn.
void add_timer(timer_list* timer, unsigned long expires);
// Return 1 iff the timer was armed. Blocks: a point.
int timer_delete(timer_list* timer);
inline int del_timer(timer_list* timer) { return timer_delete(timer); }
// Blocks: until the handler does not run.
int timer_delete_sync(timer_list* timer);
inline int del_timer_sync(timer_list* timer) { return timer_delete_sync(timer); }
// The same, and it cannot be armed again.
int timer_shutdown_sync(timer_list* timer);

// For invariants and printing: no operation.
bool timer_peek_pending(const timer_list* timer);

}  // namespace iorace
