// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/kthread.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"

namespace iorace::this_file {
namespace {

lab* the_lab() { return static_cast<lab*>(specimen()); }
void note_lab(lab* l) { specimen() = l; }

// Works whenever x is set, until it is stopped. The idiom of all threads of the kernel.
int works(void* data) {
  auto* const l = static_cast<lab*>(data);
  for (;;) {
    wait_event_idle(l->wq, [l] { return kthread_should_stop() || atomic_read(&l->x) != 0; });
    if (kthread_should_stop()) return 7;
    if (atomic_xchg(&l->x, 0) != 0) l->r[1].poke(1);
  }
}

// Sleeps until somebody sets x, as a pin does that waits for an address, and looks at the flag
// before it sleeps, afterwards, or at no time.
enum looks { never, before, after };
template <looks when>
int sleeps(void* data) {
  auto* const l = static_cast<lab*>(data);
  while (atomic_read(&l->x) == 0) {
    DEFINE_WAIT(wait);
    if (when == before && kthread_should_stop()) return 1;
    prepare_to_wait(&l->wq, &wait, TASK_KILLABLE);
    schedule();
    finish_wait(&l->wq, &wait);
    if (when == after && kthread_should_stop()) return 1;
  }
  return 2;
}

template <int (*body)(void*)>
void starts_and_stops(lab* l) {
  kthread* const k = kthread_run(body, l);
  if (k == nullptr) return l->r[0].poke(-12);
  l->r[0].poke(kthread_stop(k));
}
void sets_x(lab* l) {
  atomic_set(&l->x, 1);
  wake_up(&l->wq);
}

// The tutorial: a thread is stopped before it begins, while it sleeps or while it works. It always
// ends, and what it was asked before may be left undone.
TEST(litmus_kthread, a_stop_ends_it_wherever_it_is) {
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<works>}), results<2>), "-4,0 7,0");
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<works>, sets_x}), results<2>), "-4,0 7,0 7,1");
}

// A stop wakes up from a sleep that it knows nothing of. Whoever looks only before he sleeps misses
// one that comes in between, though not one that finds him asleep: he sleeps again.
TEST(litmus_kthread, a_stop_wakes_once) {
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<sleeps<before>>})), "clean hung-task");
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<sleeps<never>>})), "clean hung-task");
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<sleeps<after>>})), "clean hung-task")
      << "a stop between the look at x and the queueing is slept through";
}

// The rule: queue up first, then look.
int queues_first(void* data) {
  auto* const l = static_cast<lab*>(data);
  int result = 0;
  while (result == 0) {
    DEFINE_WAIT(wait);
    prepare_to_wait(&l->wq, &wait, TASK_KILLABLE);
    if (kthread_should_stop())
      result = 1;
    else if (atomic_read(&l->x) != 0)
      result = 2;
    else
      schedule();
    finish_wait(&l->wq, &wait);
  }
  return result;
}
TEST(litmus_kthread, queueing_before_the_look_misses_no_stop) {
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<queues_first>}), results<1>), "-4 1");
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<queues_first>, sets_x}), results<1>), "-4 1 2");
}

// The user's signals end sleeps of his own tasks only.
TEST(litmus_kthread, no_signal_reaches_a_thread) {
  const lab_body starts = [](lab* l) { kthread_run(sleeps<never>, l); };
  EXPECT_EQ(outcomes(on_lab({starts}), clean, faults(2)), "clean hung-task") << "clean: no memory";
}

TEST(litmus_kthread, may_not_start) {
  EXPECT_EQ(outcomes(on_lab({starts_and_stops<works>}), results<1>, faults(1)), "-12 -4 7");
}

// What the thread did is over when the stop returns; and it may be freed only then.
int writes(void* data) {
  auto* const l = static_cast<lab*>(data);
  l->v = 1;
  return 0;
}
TEST(litmus_kthread, a_stop_is_ordered_behind_the_end) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              kthread* const k = kthread_run(writes, l);
              kthread_stop(k);
              l->v = 2;
            }})),
            "clean");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              kthread_run(writes, l);
              l->v = 2;
            }})),
            "data-race");
}

// A thread that the setup starts runs with the program; idle, it keeps nobody.
TEST(kthread, idles_until_the_end) {
  const lab_body init = [](lab* l) {
    note_lab(l);
    kthread_run(works, l);
  };
  EXPECT_EQ(outcomes(on_lab({sets_x}, init), results<2>), "0,1");
  EXPECT_EQ(outcomes(on_lab({[](lab*) { atomic_read(&the_lab()->x); }}, init), results<2>), "0,0");
}

// The setup runs alone.
TEST(kthread, the_setup_cannot_stop_one) {
  const lab_body init = [](lab* l) { kthread_stop(kthread_run(works, l)); };
  EXPECT_EQ(outcomes(on_lab({sets_x}, init)), "deadlock");
}

// What it sleeps for has come, and nobody has woken it.
TEST(kthread, an_idle_one_is_woken_for_its_work) {
  const lab_body init = [](lab* l) { kthread_run(works, l); };
  const lab_body says_nothing = [](lab* l) { atomic_set(&l->x, 1); };
  EXPECT_EQ(outcomes(on_lab({says_nothing}, init)), "clean lost-wakeup");
  EXPECT_EQ(outcomes(on_lab({sets_x}, init)), "clean");
}

TEST(kthread, nobody_else_is_stopped) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { l->r[0].poke(kthread_should_stop()); }}), results<1>),
            "0");
}

// The exhaustive search knows what a stop has to do with sleeps and wake-ups.
TEST(kthread, verify_sees_what_the_enumerator_sees) {
  expect_same_traces(on_lab({starts_and_stops<works>}), "works");
  expect_same_traces(on_lab({starts_and_stops<works>, sets_x}), "works, asked");
  expect_same_traces(on_lab({starts_and_stops<sleeps<before>>}), "before");
  expect_same_traces(on_lab({starts_and_stops<sleeps<after>>, sets_x}), "after, woken");
  expect_same_traces(on_lab({starts_and_stops<queues_first>, sets_x}), "queues first");
}

}  // namespace
}  // namespace iorace::this_file
