// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/signal.h"

#include "scheduler/engine/points.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace {

bool signal_fits(std::uint8_t state) { return (state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) != 0; }

void may_be_signalled(engine& e, task& sleeper) {
  const bool is_the_user_s = sleeper.kind == task_kind::cpu || sleeper.kind == task_kind::user;
  if (is_the_user_s && !sleeper.signalled) sleeper.signalled = e.draw_fault("signal");
}

bool signal_pending_state(task_state state) {
  engine& e = engine::current();
  return signal_fits(state) && e.task_at(e.self()).signalled;
}
bool fatal_signal_pending() { return signal_pending_state(TASK_KILLABLE); }

}  // namespace iorace
