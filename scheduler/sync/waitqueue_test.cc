// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/waitqueue.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

void wait_for_x(lab* l) {
  wait_event(l->wq, [l] { return atomic_read(&l->x) != 0; });
}
void set_x_and_wake(lab* l) {
  atomic_set(&l->x, 1);
  wake_up(&l->wq);
}

// The tutorial: a waiter that looks again after it has queued itself never misses a wake-up.
TEST(litmus_waitqueue, wait_event_never_misses_a_wake_up) {
  EXPECT_EQ(outcomes(on_lab({wait_for_x, set_x_and_wake})), "clean");
  EXPECT_EQ(outcomes(on_lab({wait_for_x, wait_for_x, set_x_and_wake})), "clean")
      << "not exclusive: one wake_up for both";
}

// The same by hand, with the look before the queueing: the wake-up falls in between.
TEST(litmus_waitqueue, looking_before_queueing_loses_a_wake_up) {
  const lab_body sleeper = [](lab* l) {
    const auto x_is_set = [](void* world) {
      return atomic_read(&static_cast<lab*>(world)->x) != 0;
    };
    const wait_condition expected(x_is_set, l);
    if (atomic_read(&l->x) != 0) return;
    DEFINE_WAIT(wait);
    prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    schedule();
    finish_wait(&l->wq, &wait);
  };
  EXPECT_EQ(outcomes(on_lab({sleeper, set_x_and_wake})), "clean lost-wakeup");
}

TEST(litmus_waitqueue, waking_before_setting_loses_a_wake_up) {
  EXPECT_EQ(outcomes(on_lab({wait_for_x,
                             [](lab* l) {
                               wake_up(&l->wq);
                               atomic_set(&l->x, 1);
                             }})),
            "clean lost-wakeup");
}

// A sleeper that nobody means to wake is a deadlock, not a lost wake-up.
TEST(waitqueue, a_condition_that_never_holds_is_a_deadlock) {
  EXPECT_EQ(outcomes(on_lab({wait_for_x, [](lab* l) { wake_up(&l->wq); }})), "deadlock");
}

// Queue first, drop the lock, sleep: the waker, who needs the lock to set the flag, comes after the
// queueing. Dropping the lock first opens a gap.
template <bool queue_first>
void sleep_under_mutex(lab* l) {
  const auto v_is_set = [](void* world) { return static_cast<lab*>(world)->v.peek() != 0; };
  const wait_condition expected(v_is_set, l);
  mutex_lock(&l->a);
  while (l->v == 0) {
    DEFINE_WAIT(wait);
    if (queue_first) prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    mutex_unlock(&l->a);
    if (!queue_first) prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    schedule();
    finish_wait(&l->wq, &wait);
    mutex_lock(&l->a);
  }
  mutex_unlock(&l->a);
}

TEST(litmus_waitqueue, the_lock_is_dropped_after_the_queueing) {
  const lab_body waker = [](lab* l) {
    mutex_lock(&l->a);
    l->v = 1;
    mutex_unlock(&l->a);
    wake_up(&l->wq);
  };
  EXPECT_EQ(outcomes(on_lab({sleep_under_mutex<true>, waker})), "clean");
  EXPECT_EQ(outcomes(on_lab({sleep_under_mutex<false>, waker})), "clean lost-wakeup");
}

TEST(waitqueue, sleeping_with_the_lock_held_is_a_deadlock) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               mutex_lock(&l->a);
                               wait_for_x(l);
                               mutex_unlock(&l->a);
                             },
                             [](lab* l) {
                               mutex_lock(&l->a);
                               set_x_and_wake(l);
                               mutex_unlock(&l->a);
                             }})),
            "clean deadlock");
}

// The mask of a wake-up: an uninterruptible sleeper sleeps through one for interruptible ones.
TEST(litmus_waitqueue, wake_ups_have_a_mask) {
  const lab_body wake_interruptible = [](lab* l) {
    atomic_set(&l->x, 1);
    wake_up_interruptible(&l->wq);
  };
  EXPECT_EQ(outcomes(on_lab({wait_for_x, wake_interruptible})), "clean lost-wakeup");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               wait_event_killable(l->wq, [l] { return atomic_read(&l->x) != 0; });
                             },
                             wake_interruptible})),
            "clean lost-wakeup")
      << "killable is uninterruptible to everybody but a killer";
  EXPECT_EQ(
      outcomes(on_lab(
          {[](lab* l) { wait_event_interruptible(l->wq, [l] { return atomic_read(&l->x) != 0; }); },
           wake_interruptible})),
      "clean");
}

// Exclusive sleepers are woken one by one, in the order of their queueing; the others all at once.
// r counts who came back; the check wakes nobody, so who sleeps on ends the execution.
template <int i>
void sleep_exclusively(lab* l) {
  DEFINE_WAIT(wait);
  prepare_to_wait_exclusive(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
  atomic_inc(&l->x);
  schedule();
  finish_wait(&l->wq, &wait);
  l->r[i].poke(static_cast<int>(atomic_inc_return(&l->y)));
  wake_up(&l->wq);
}

TEST(litmus_waitqueue, one_wake_up_for_one_exclusive_sleeper) {
  const lab_body first_wake = [](lab* l) {
    if (atomic_read(&l->x) == 2) wake_up(&l->wq);
    l->r[2].poke(1);
  };
  const enumeration all =
      all_of(on_lab({sleep_exclusively<0>, sleep_exclusively<1>, first_wake}), results<2>);
  // Both orders of coming back, by a chain of wake-ups; or the first wake-up came too early.
  std::string names;
  for (const auto& [name, count] : all.outcomes) names += name + " ";
  EXPECT_EQ(names, "1,2 2,1 deadlock ");
}

TEST(litmus_waitqueue, exclusive_sleepers_are_woken_in_turn) {
  const lab_body first = [](lab* l) {
    DEFINE_WAIT(wait);
    prepare_to_wait_exclusive(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    atomic_set(&l->x, 1);
    schedule();
    l->r[0].poke(1);
    finish_wait(&l->wq, &wait);
    wake_up(&l->wq);
  };
  const lab_body second = [](lab* l) {
    if (atomic_read(&l->x) == 0) return;  // queues behind the first, or not at all
    DEFINE_WAIT(wait);
    prepare_to_wait_exclusive(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    atomic_set(&l->y, 1);
    schedule();
    l->r[1].poke(l->r[0].peek() == 1 ? 2 : 1);
    finish_wait(&l->wq, &wait);
  };
  const lab_body waker = [](lab* l) {
    if (atomic_read(&l->y) == 1) wake_up(&l->wq);
  };
  EXPECT_EQ(outcomes(on_lab({first, second, waker}), results<2>), "1,2 deadlock");
}

TEST(litmus_waitqueue, wake_up_all_reaches_exclusive_sleepers_too) {
  const lab_body sleeper = [](lab* l) {
    auto open = [l] { return atomic_read(&l->x) != 0; };
    wait_event_state(l->wq, open, TASK_UNINTERRUPTIBLE, true, MAX_SCHEDULE_TIMEOUT);
  };
  EXPECT_EQ(outcomes(on_lab({sleeper, sleeper,
                             [](lab* l) {
                               atomic_set(&l->x, 1);
                               wake_up_all(&l->wq);
                             }})),
            "clean");
  EXPECT_EQ(outcomes(on_lab({sleeper, sleeper, set_x_and_wake})), "clean lost-wakeup");
}

// A long timeout runs out only when nothing else can move; a short one at any time. Neither hangs.
template <long timeout>
void wait_with_timeout(lab* l) {
  l->r[0].poke(wait_event_timeout(
                   l->wq, [l] { return atomic_read(&l->x) != 0; }, timeout) > 0);
}

TEST(litmus_waitqueue, timeouts) {
  const lab_body idle = [](lab* l) { atomic_read(&l->x); };
  EXPECT_EQ(outcomes(on_lab({wait_with_timeout<60 * HZ>, idle}), results<1>), "0");
  EXPECT_EQ(outcomes(on_lab({wait_with_timeout<60 * HZ>, set_x_and_wake}), results<1>), "1");
  EXPECT_EQ(outcomes(on_lab({wait_with_timeout<10>, set_x_and_wake}), results<1>), "0 1");
  EXPECT_EQ(outcomes(on_lab({wait_with_timeout<60 * HZ>, [](lab* l) { atomic_set(&l->x, 1); }}),
                     results<1>),
            "1")
      << "without a wake-up the last look at the condition saves it";
}

// finish_wait does not touch the queue of a sleeper that has been woken, wait_event does: it queues
// up once more before it looks at the condition.
template <bool once_more>
std::string free_behind_the_wake_up() {
  const lab_body init = [](lab* l) {
    thing* t = make<thing>();
    init_waitqueue_head(&t->wq);
    l->slot.poke(t);
  };
  const lab_body sleeper = [](lab* l) {
    DEFINE_WAIT(wait);
    prepare_to_wait(&l->slot.peek()->wq, &wait, TASK_UNINTERRUPTIBLE);
    atomic_set(&l->x, 1);
    schedule();
    if (once_more) prepare_to_wait(&l->slot.peek()->wq, &wait, TASK_UNINTERRUPTIBLE);
    finish_wait(&l->slot.peek()->wq, &wait);
  };
  const lab_body waker = [](lab* l) {
    if (atomic_read(&l->x) == 0) return;
    wake_up(&l->slot.peek()->wq);
    kfree(l->slot.peek());
  };
  return outcomes(on_lab({sleeper, waker}, init));
}

TEST(litmus_waitqueue, a_woken_sleeper_needs_its_queue_no_more) {
  EXPECT_EQ(free_behind_the_wake_up<false>(), "clean deadlock") << "deadlock: nobody woke it";
  EXPECT_EQ(free_behind_the_wake_up<true>(), "clean deadlock use-after-free");
}

TEST(waitqueue, convicts_a_return_without_finish_wait) {
  const lab_body early = [](lab* l) {
    DEFINE_WAIT(wait);
    prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
    if (atomic_read(&l->x) != 0) return;
    finish_wait(&l->wq, &wait);
  };
  EXPECT_EQ(outcomes(on_lab({early})), "clean");
  EXPECT_EQ(outcomes(on_lab({early}, [](lab* l) { atomic_set(&l->x, 1); })), "list-corruption");
}

TEST(waitqueue, says_whether_somebody_waits) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               DEFINE_WAIT(wait);
                               prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
                               finish_wait(&l->wq, &wait);
                             },
                             [](lab* l) { l->r[1].poke(waitqueue_active(&l->wq)); }}),
                     results<2>),
            "0,0 0,1");
}

TEST(waitqueue, a_waker_is_ordered_before_whom_it_wakes) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               DEFINE_WAIT(wait);
                               prepare_to_wait(&l->wq, &wait, TASK_UNINTERRUPTIBLE);
                               atomic_set(&l->x, 1);
                               schedule();
                               l->r[0].poke(l->v);
                               finish_wait(&l->wq, &wait);
                             },
                             [](lab* l) {
                               if (atomic_read(&l->x) == 0) return;
                               l->v = 1;
                               wake_up(&l->wq);
                             }}),
                     results<1>),
            "1 deadlock");
}

}  // namespace
}  // namespace iorace::this_file
