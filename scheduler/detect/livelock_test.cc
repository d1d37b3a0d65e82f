// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Livelock is a state that comes back; a loop that counts is merely long, wherever the counter is.
#include "scheduler/detect/planted_test.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/strategies/round_robin.h"

namespace iorace::this_file {
namespace {

constexpr execution_options short_runs = {.points_max = 500};

void spin_for_flag(room* r) {
  KFUNC();
  while (READ_ONCE(r->flag) == 0) {
  }
}
void set_flag(room* r) {
  KFUNC();
  WRITE_ONCE(r->flag, 1);
}
// Two that take and give back, each in the other's way.
void back_off(room* r) {
  KFUNC();
  while (READ_ONCE(r->flag) == 0) {
    mutex_lock(&r->a);
    WRITE_ONCE(r->value, 0);
    mutex_unlock(&r->a);
  }
}

void expect_livelock(const program& p, const std::string& expected) {
  const tally t = run_often(p, short_runs);
  EXPECT_EQ(t.found, planted_executions);
  for (const auto& [title, count] : t.titles) EXPECT_EQ(title, expected) << count;
}

void expect_long(const program& p) {
  const tally t = run_often(p, short_runs);
  EXPECT_EQ(t.step_bound, planted_executions);
  for (const auto& [title, count] : t.titles) ADD_FAILURE() << title << ": " << count;
}

// The tutorial: a task that waits for a flag which nobody raises, and one whose flag is raised.
TEST(livelock, convicts_a_state_that_comes_back) {
  expect_livelock(in_a_room({spin_for_flag}), "livelock in spin_for_flag");
  expect_livelock(in_a_room({spin_for_flag, spin_for_flag}),
                  "livelock: spin_for_flag v spin_for_flag");
  expect_livelock(in_a_room({spin_for_flag, back_off}), "livelock: back_off v spin_for_flag");
  // Random choices let the raiser in sooner or later.
  expect_acquitted(in_a_room({spin_for_flag, set_flag}));
  expect_acquitted(in_a_room({spin_for_flag, back_off, set_flag}));
}

// The counter is in a register, or on the stack; nothing else distinguishes one round from the
// next.
void retry_often(room* r) {
  KFUNC();
  for (int tries = 0; tries < 100'000; ++tries)
    if (READ_ONCE(r->flag) != 0) return;
}
void retry_down_to_zero(room* r) {
  KFUNC();
  unsigned tries = 100'000;
  while (--tries != 0 && READ_ONCE(r->flag) == 0) mutex_unlock((mutex_lock(&r->a), &r->a));
}
[[gnu::noinline]] int one_try(room* r, int left) { return READ_ONCE(r->flag) != 0 ? 0 : left - 1; }
void retry_in_a_callee(room* r) {
  KFUNC();
  for (int left = 100'000; left != 0;) left = one_try(r, left);
}

// A local whose address is known elsewhere lives in memory, which is not the arena's.
[[gnu::noinline]] void count_down(int* left) { --*left; }
void retry_through_a_pointer(room* r) {
  KFUNC();
  int left = 100'000;
  while (READ_ONCE(r->flag) == 0 && left != 0) count_down(&left);
}

TEST(livelock, a_bounded_retry_is_no_livelock) {
  expect_long(in_a_room({retry_often}));
  expect_long(in_a_room({retry_down_to_zero}));
  expect_long(in_a_room({retry_in_a_callee}));
  expect_long(in_a_room({retry_through_a_pointer}));
  expect_long(in_a_room({retry_often, retry_often}));
  expect_long(in_a_room({retry_often, spin_for_flag}));
  expect_long(in_a_room({retry_down_to_zero, back_off}));
}

void count_in_memory(room* r) {
  KFUNC();
  for (;;) WRITE_ONCE(r->value, READ_ONCE(r->value) + 1);
}

TEST(livelock, progress_in_memory_is_no_livelock) {
  expect_long(in_a_room({count_in_memory, spin_for_flag}));
}

// Every answer so far was the dull one. That it always will be is nowhere written.
void spin_until_lucky(room*) {
  KFUNC();
  while (choose("luck", 2) == 0) {
  }
}

TEST(livelock, a_loop_that_draws_may_end) {
  const program p = in_a_room({spin_until_lucky});
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(p, choose, short_runs).how, ended::step_bound) << e.last_finding().title;
}

// A user may poll for ever. A kernel task that polls for what only it can do may not.
TEST(livelock, a_user_who_polls_is_no_bug) {
  program p = in_a_room({set_flag});
  p.bodies[0].run = [](void*) {};
  with_task(p, task_kind::user, "user1", spin_for_flag);
  expect_long(p);
  with_task(p, task_kind::kthread, "kthread1", back_off);
  expect_livelock(p, "livelock in back_off");
}

// The verdict depends on the program, not on the engine's past.
TEST(livelock, is_the_same_on_a_used_engine) {
  const program planted = in_a_room({back_off, back_off});
  const program other = in_a_room({retry_often});
  engine used;
  random_strategy choose;
  for (std::uint64_t i = 0; i < 20; ++i) {
    execution_options o = short_runs;
    o.number = i;
    used.run(other, choose, o);
    const execution_result a = used.run(planted, choose, o);
    engine fresh;
    const execution_result b = fresh.run(planted, choose, o);
    EXPECT_EQ(a.how, ended::found);
    EXPECT_EQ(a.digest, b.digest);
    EXPECT_EQ(used.last_finding().detail, fresh.last_finding().detail);
  }
}

// Behind the bound, too, who has stopped before a place that is freed meanwhile is convicted when
// it goes on, even if it never comes back to it.
TEST(livelock, uses_after_free_are_found_where_tasks_take_turns) {
  for (const int earlier : {0, 1, 2, 3}) {
    program p = in_a_room({[](room* r) {
      for (int i = 0; i < 20; ++i) (void)READ_ONCE(r->flag);
    }});
    p.cpu([earlier](void* r) {
      for (int i = 1; i < 20 - earlier; ++i) (void)READ_ONCE(static_cast<room*>(r)->value);
      kfree(r);
    });
    engine e;
    round_robin in_turn;
    const execution_result r = e.run(p, in_turn, {.points_max = 10});
    EXPECT_TRUE(r.past_bound);
    EXPECT_EQ(e.last_finding().name, earlier == 0 ? "" : "use-after-free") << earlier;
  }
}

}  // namespace
}  // namespace iorace::this_file
