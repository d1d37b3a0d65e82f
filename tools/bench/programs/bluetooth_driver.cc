// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver is stopped while a request comes in: the request has seen that it is not stopped, but
// has not counted itself yet, so that the stop does not wait for it.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct bluetooth_world {
  atomic_t pending;
  shared<int> stop_flag, event, stopped;
};
IORACE_DESCRIBE(bluetooth_world, "bluetooth", pending, stop_flag, event, stopped);

void release(bluetooth_world* w) {
  if (atomic_dec_return(&w->pending) == 0) set(w->event, 1);
}
void stop(bluetooth_world* w) {
  set(w->stop_flag, 1);
  release(w);
  if (get(w->event) != 0) set(w->stopped, 1);
}
void request(bluetooth_world* w) {
  const task_id stopper = start<stop>(w);
  if (get(w->stop_flag) == 0) {
    atomic_inc_return(&w->pending);
    BUG_ON(get(w->stopped) != 0);
  }
  release(w);
  join_task(stopper);
}

}  // namespace

known_bug bluetooth_driver(std::uint32_t) {
  return {with_main<bluetooth_world>([](bluetooth_world* w) { w->pending.counter = 1; }, request),
          "kernel-bug"};
}

}  // namespace iorace::bench
