// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Signals. A killable or interruptible sleep may be ended by a signal of the user's, if the task is
// his: a choice of the strategy that counts as an injected fault. The signal then stays pending for
// the task, and every later sleep of these kinds ends at once. No signal reaches a thread of the
// kernel. Simplified: every signal is fatal, and comes where its task goes to sleep, be it woken
// already or not.
#pragma once

#include <cstdint>

namespace iorace {

class engine;
struct task;
enum task_state : std::uint8_t;

// True once the user has sent the running task a signal that ends a sleep in `state`. No operation.
bool signal_pending_state(task_state state);
bool fatal_signal_pending();

// For primitives that sleep: whether a signal ends a sleep in `state`, and the moment at which one
// may come. That moment is not to depend on what other tasks have done: it is no event.
bool signal_fits(std::uint8_t state);
void may_be_signalled(engine& e, task& sleeper);

}  // namespace iorace
