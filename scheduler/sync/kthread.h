// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Threads of the kernel that somebody starts and stops. Whoever stops one sets a flag, wakes it up
// from whatever it sleeps in, and waits for its end: it need not know where the thread sleeps, and
// a thread that looks at the flag after each sleep cannot be kept from ending. Work items have
// neither; see workqueue.h. The user's signals do not reach a thread.
//
// A thread that has nothing to do sleeps in TASK_IDLE, and does not keep an execution from ending.
// Simplified: parking and signals that a thread allows are left out. What the check stops at the
// end does not run any more.
#pragma once

#include "scheduler/engine/describe.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/sync_base.h"

namespace iorace {

// In the kernel this is struct task_struct with its struct kthread.
struct kthread {
  sync_base base;
  sync_base sleep;  // the place of whether it sleeps, and where: no matter to who reads the flag
  task_id task = no_task;
  bool should_stop = false;
  int result = 0;
  int (*threadfn)(void* data) = nullptr;
  void* data = nullptr;
};
IORACE_DESCRIBE(kthread, "kthread");

// Returns null if the allocation fails. Blocks: a point.
kthread* kthread_run(int (*threadfn)(void* data), void* data);
// Wakes the thread, waits for its end and frees it. Returns what it returned, or -EINTR if it had
// not begun. Requires: nobody else does; not in the setup, for whom no thread runs. Blocks.
int kthread_stop(kthread* thread);
// Whether the running task is a thread that is being stopped; others never are. Blocks: a point.
bool kthread_should_stop();

}  // namespace iorace
