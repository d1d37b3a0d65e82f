// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/signal.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

void set_x_and_wake(lab* l) {
  atomic_set(&l->x, 1);
  wake_up(&l->wq);
}
int sleep_until_x(lab* l, task_state state) {
  auto set = [l] { return atomic_read(&l->x) != 0; };
  return wait_event_state(l->wq, set, state, false, MAX_SCHEDULE_TIMEOUT) < 0 ? -ERESTARTSYS : 0;
}
template <task_state state>
void sleeps(lab* l) {
  l->r[0].poke(sleep_until_x(l, state));
  l->r[1].poke(fatal_signal_pending());
}

// The tutorial: a sleep ends as it should, or by a signal, where one is injected.
TEST(litmus_signal, a_user_may_end_a_killable_sleep) {
  const program killable = on_lab({sleeps<TASK_KILLABLE>, set_x_and_wake});
  EXPECT_EQ(outcomes(killable, results<2>), "0,0");
  EXPECT_EQ(outcomes(killable, results<2>, faults(1)), "-512,1 0,0 0,1");
}

TEST(litmus_signal, ends_sleeps_that_let_it) {
  EXPECT_EQ(outcomes(on_lab({sleeps<TASK_INTERRUPTIBLE>}), results<2>, faults(1)),
            "-512,1 hung-task");
  EXPECT_EQ(outcomes(on_lab({sleeps<TASK_KILLABLE>}), results<2>, faults(1)), "-512,1 hung-task");
  EXPECT_EQ(outcomes(on_lab({sleeps<TASK_UNINTERRUPTIBLE>}), results<2>, faults(1)), "deadlock");
  EXPECT_EQ(outcomes(on_lab({sleeps<TASK_UNINTERRUPTIBLE>, set_x_and_wake}), results<2>, faults(1)),
            "0,0");
}

// Whoever is to die does not fall asleep again, and is not signalled twice.
TEST(litmus_signal, stays_pending) {
  const lab_body twice = [](lab* l) {
    l->r[0].poke(sleep_until_x(l, TASK_KILLABLE));
    l->r[1].poke(sleep_until_x(l, TASK_INTERRUPTIBLE));
  };
  EXPECT_EQ(outcomes(on_lab({twice}), results<2>, faults(2)), "-512,-512 hung-task");
  const lab_body then_for_good = [](lab* l) {
    sleep_until_x(l, TASK_KILLABLE);
    sleep_until_x(l, TASK_UNINTERRUPTIBLE);
  };
  EXPECT_EQ(outcomes(on_lab({then_for_good}), clean, faults(1)), "deadlock hung-task");
}

TEST(signal, is_pending_for_whom_it_reached) {
  const lab_body other = [](lab* l) {
    set_x_and_wake(l);
    EXPECT_FALSE(fatal_signal_pending());
  };
  const lab_body sleeper = [](lab* l) {
    const bool ended = sleep_until_x(l, TASK_KILLABLE) != 0;
    EXPECT_TRUE(!ended || fatal_signal_pending());
    EXPECT_EQ(fatal_signal_pending(), signal_pending_state(TASK_INTERRUPTIBLE));
    EXPECT_FALSE(signal_pending_state(TASK_UNINTERRUPTIBLE));
  };
  EXPECT_EQ(outcomes(on_lab({sleeper, other}), clean, faults(1)), "clean");
}

}  // namespace
}  // namespace iorace::this_file
