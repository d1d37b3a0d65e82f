// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Tasks that wait for ever: whose fault it is, and when it is nobody's.
#include <set>

#include <gmock/gmock.h>

#include "scheduler/detect/planted_test.h"
#include "scheduler/sync/completion.h"

namespace iorace::this_file {
namespace {

void a_then_b(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  mutex_lock(&r->b);
  mutex_unlock(&r->b);
  mutex_unlock(&r->a);
}
void b_then_a(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
  mutex_unlock(&r->b);
}
// Gives up its first lock before it takes the second.
void b_before_a(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  mutex_unlock(&r->b);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
}

// The tutorial: ABBA. Executions that do not deadlock show the order instead, so every execution
// convicts; the near miss differs in where one unlock stands.
TEST(deadlock, convicts_abba) {
  const tally t = run_often(in_a_room({a_then_b, b_then_a}));
  EXPECT_EQ(t.found, planted_executions);
  ASSERT_EQ(t.titles.size(), 2u);
  EXPECT_GT(t.titles.at("deadlock: a_then_b v b_then_a"), 20u);
  EXPECT_GT(t.titles.at("lock-order: a_then_b v b_then_a"), 20u);
  expect_acquitted(in_a_room({a_then_b, b_before_a}));
  expect_acquitted(in_a_room({a_then_b, a_then_b}));
}

void b_then_c(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  mutex_lock(&r->c);
  mutex_unlock(&r->c);
  mutex_unlock(&r->b);
}
void c_then_a(room* r) {
  KFUNC();
  mutex_lock(&r->c);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
  mutex_unlock(&r->c);
}
void a_then_c(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  mutex_lock(&r->c);
  mutex_unlock(&r->c);
  mutex_unlock(&r->a);
}

TEST(deadlock, names_everybody_in_a_longer_cycle) {
  const tally t = run_often(in_a_room({a_then_b, b_then_c, c_then_a}));
  EXPECT_GT(t.titles.count("deadlock: a_then_b v b_then_c v c_then_a"), 0u);
  expect_acquitted(in_a_room({a_then_b, b_then_c, a_then_c}));
}

void busy(room* r) {
  KFUNC();
  for (int i = 0; i < 200; ++i) WRITE_ONCE(r->value, i);
}

// For an exhaustive search: the others go on, and what closed is known behind the execution.
TEST(deadlock, comes_late_where_it_is_to) {
  const program p = in_a_room({a_then_b, b_then_a, busy});
  engine e;
  const std::unique_ptr<strategy> choose = make_strategy("random");
  execution_options o;
  unsigned late = 0;
  for (o.number = 0; o.number < 100; ++o.number) {
    o.late_deadlocks = false;
    const execution_result soon = e.run(p, *choose, o);
    const finding at_once = e.last_finding();
    o.late_deadlocks = true;
    const execution_result r = e.run(p, *choose, o);
    EXPECT_EQ(e.last_finding().title, at_once.title);
    EXPECT_GE(r.operations, soon.operations);
    late += r.operations > soon.operations;
    if (at_once.kind != verdict::deadlock) continue;
    EXPECT_TRUE(e.task_at(3).finished);
    ASSERT_EQ(e.cycles().size(), 1u);
    EXPECT_EQ(e.cycles()[0].what.title, at_once.title);
    EXPECT_EQ(e.cycles()[0].tasks, (std::vector<task_id>{1, 2}));
  }
  EXPECT_GT(late, 10u);
}

void c_then_sem(room* r) {
  KFUNC();
  mutex_lock(&r->c);
  down_write(&r->sem);
  up_write(&r->sem);
  mutex_unlock(&r->c);
}
void sem_then_c(room* r) {
  KFUNC();
  down_write(&r->sem);
  mutex_lock(&r->c);
  mutex_unlock(&r->c);
  up_write(&r->sem);
}

TEST(deadlock, late_cycles_are_told_apart) {
  const program p = in_a_room({a_then_b, b_then_a, c_then_sem, sem_then_c});
  engine e;
  const std::unique_ptr<strategy> choose = make_strategy("random");
  execution_options o;
  o.late_deadlocks = true;
  std::set<std::string> titles;
  for (o.number = 0; o.number < 200; ++o.number) {
    e.run(p, *choose, o);
    if (e.cycles().size() != 2) continue;
    for (const noted_cycle& c : e.cycles()) titles.insert(c.what.title);
    EXPECT_EQ(e.last_finding().title, e.cycles()[0].what.title);
  }
  EXPECT_THAT(titles, testing::ElementsAre("deadlock: a_then_b v b_then_a",
                                           "deadlock: c_then_sem v sem_then_c"));
}

// A cycle is found as it closes: others need not have come to rest.
TEST(deadlock, is_found_while_others_still_run) {
  const program p = in_a_room({a_then_b, b_then_a, busy});
  engine e;
  random_strategy choose;
  execution_options o;
  int early = 0;
  for (o.number = 0; o.number < planted_executions; ++o.number) {
    ASSERT_EQ(e.run(p, choose, o).how, ended::found);
    if (e.last_finding().name != "deadlock") continue;
    early += !e.task_at(3).finished;
    EXPECT_EQ(e.last_finding().title, "deadlock: a_then_b v b_then_a");
  }
  EXPECT_GT(early, 20);
}

void read_twice(room* r) {
  KFUNC();
  down_read(&r->sem);
  down_read(&r->sem);
  up_read(&r->sem);
  up_read(&r->sem);
}
void read_once_and_again(room* r) {
  KFUNC();
  down_read(&r->sem);
  up_read(&r->sem);
  down_read(&r->sem);
  up_read(&r->sem);
}
void write_once(room* r) {
  KFUNC();
  down_write(&r->sem);
  up_write(&r->sem);
}

TEST(deadlock, convicts_read_recursion_with_a_writer_between) {
  expect_convicted(in_a_room({read_twice, write_once}), "deadlock: read_twice v write_once");
  expect_acquitted(in_a_room({read_twice, read_twice}));
  expect_acquitted(in_a_room({read_once_and_again, write_once}));
}

void take_a(void* r) {
  KFUNC();
  mutex_lock(&static_cast<room*>(r)->a);
  mutex_unlock(&static_cast<room*>(r)->a);
}
// flush_work under a lock that the work takes.
void join_under_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  const task_id work = create_task(task_kind::worker, "kworker1", take_a, r);
  join_task(work);
  mutex_unlock(&r->a);
}
void join_after_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  const task_id work = create_task(task_kind::worker, "kworker1", take_a, r);
  mutex_unlock(&r->a);
  join_task(work);
}

TEST(deadlock, goes_through_a_join) {
  expect_convicted(in_a_room({join_under_a}), "deadlock: join_under_a v take_a", convicted::always);
  expect_acquitted(in_a_room({join_after_a}));
}

void wait_holding_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  wait_event(r->wq, [r] { return READ_ONCE(r->flag) != 0; });
  mutex_unlock(&r->a);
}
void wait_without_a(room* r) {
  KFUNC();
  wait_event(r->wq, [r] { return READ_ONCE(r->flag) != 0; });
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
}
void wake_holding_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  WRITE_ONCE(r->flag, 1);
  wake_up(&r->wq);
  mutex_unlock(&r->a);
}

TEST(deadlock, goes_through_a_wait_whose_waker_needs_the_lock) {
  expect_convicted(in_a_room({wait_holding_a, wake_holding_a}),
                   "deadlock: wait_holding_a v wake_holding_a");
  expect_acquitted(in_a_room({wait_without_a, wake_holding_a}));
}

// --- hung-task: the kernel waits for a user, who owes it nothing ---

void wait_for_user(room* r) {
  KFUNC();
  wait_event_killable(r->wq, [r] { return READ_ONCE(r->flag) != 0; });
}
void wait_for_user_a_while(room* r) {
  KFUNC();
  wait_event_timeout(
      r->wq, [r] { return READ_ONCE(r->flag) != 0; }, HZ);
}
void wait_for_user_holding_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  wait_for_user(r);
  mutex_unlock(&r->a);
}
void take_lock_a(room* r) { take_a(r); }
void respond(room* r) {
  KFUNC();
  WRITE_ONCE(r->flag, 1);
  wake_up(&r->wq);
}
// Responds only when asked, and nobody asks.
void respond_when_asked(room* r) {
  KFUNC();
  wait_event_interruptible(r->wq, [r] { return READ_ONCE(r->value) != 0; });
  respond(r);
}

TEST(hung_task, convicts_a_kernel_task_that_waits_for_a_user) {
  program hung = in_a_room({wait_for_user});
  expect_convicted(hung, "hung-task in wait_for_user", convicted::always);
  expect_convicted(with_task(hung, task_kind::user, "user1", respond_when_asked),
                   "hung-task in wait_for_user", convicted::always);

  program answered = in_a_room({wait_for_user});
  expect_acquitted(with_task(answered, task_kind::user, "user1", respond));
  expect_acquitted(in_a_room({wait_for_user_a_while}));
}

TEST(hung_task, follows_the_chain_of_waits_to_the_user) {
  const tally t = run_often(in_a_room({wait_for_user_holding_a, take_lock_a}));
  EXPECT_EQ(t.found, planted_executions);
  EXPECT_GT(t.titles.at("hung-task: take_a v wait_for_user"), 20u);
  EXPECT_GT(t.titles.at("hung-task in wait_for_user"), 20u) << "the other one got through before";
  program answered = in_a_room({wait_for_user_holding_a, take_lock_a});
  expect_acquitted(with_task(answered, task_kind::user, "user1", respond));
}

void wait_for_answer_holding_a(room* r) {
  KFUNC();
  const user_action needed("answers");
  wait_for_user_holding_a(r);
}

// In whose hands the lock is, and what would help.
TEST(hung_task, spells_out_who_waits_for_what) {
  const program p = in_a_room({wait_for_answer_holding_a, take_lock_a});
  engine e;
  std::string detail;
  for (std::uint64_t n = 0; detail.empty() && n < planted_executions; ++n) {
    random_strategy choose;
    execution_options o;
    o.number = n;
    e.run(p, choose, o);
    if (e.last_finding().title == "hung-task: take_a v wait_for_user")
      detail = e.last_finding().detail;
  }
  EXPECT_EQ(detail,
            "cpu1 waits: schedule room#1.wq, until the user answers; "
            "cpu2 waits: mutex_lock room#1.a (cpu1)");
}

// Who waits for the kernel's next request for ever is no bug; nor is a user who never comes back
// from a copy that nobody in the kernel waits for.
TEST(hung_task, acquits_a_user_who_takes_long) {
  program idle = in_a_room({busy});
  with_task(idle, task_kind::user, "user1", respond_when_asked);
  with_task(idle, task_kind::device, "device1", respond_when_asked);
  expect_acquitted(idle);
}

// --- lost-wakeup ---

void sleep_until_flag(room* r) {
  KFUNC();
  wait_event(r->wq, [r] { return READ_ONCE(r->flag) != 0; });
}
void set_and_wake(room* r) {
  KFUNC();
  WRITE_ONCE(r->flag, 1);
  wake_up(&r->wq);
}
void set_without_wake(room* r) {
  KFUNC();
  WRITE_ONCE(r->flag, 1);
}
void wake_and_set(room* r) {
  KFUNC();
  wake_up(&r->wq);
  WRITE_ONCE(r->flag, 1);
}

TEST(lost_wakeup, convicts_a_condition_that_comes_true_in_silence) {
  expect_convicted(in_a_room({sleep_until_flag, set_without_wake}),
                   "lost-wakeup in sleep_until_flag");
  expect_convicted(in_a_room({sleep_until_flag, wake_and_set}), "lost-wakeup in sleep_until_flag");
  expect_acquitted(in_a_room({sleep_until_flag, set_and_wake}));
}

// Looks, queues up and sleeps: a wake-up between the look and the queue goes by.
void look_then_queue(room* r) {
  KFUNC();
  const wait_condition expected(
      [](void* room_) -> bool { return READ_ONCE(static_cast<room*>(room_)->flag) != 0; }, r);
  if (READ_ONCE(r->flag) != 0) return;
  DEFINE_WAIT(entry);
  prepare_to_wait(&r->wq, &entry, TASK_UNINTERRUPTIBLE);
  schedule();
  finish_wait(&r->wq, &entry);
}
void queue_then_look(room* r) {
  KFUNC();
  const wait_condition expected(
      [](void* room_) -> bool { return READ_ONCE(static_cast<room*>(room_)->flag) != 0; }, r);
  DEFINE_WAIT(entry);
  prepare_to_wait(&r->wq, &entry, TASK_UNINTERRUPTIBLE);
  if (READ_ONCE(r->flag) == 0) schedule();
  finish_wait(&r->wq, &entry);
}

TEST(lost_wakeup, convicts_a_look_before_the_queue) {
  expect_convicted(in_a_room({look_then_queue, set_and_wake}), "lost-wakeup in look_then_queue");
  expect_acquitted(in_a_room({queue_then_look, set_and_wake}));
}

// One wake-up for two exclusive sleepers, who do not pass it on.
void sleep_alone(room* r) {
  KFUNC();
  auto awake = [r] { return READ_ONCE(r->flag) != 0; };
  wait_event_state(r->wq, awake, TASK_UNINTERRUPTIBLE, true, MAX_SCHEDULE_TIMEOUT);
}
void set_and_wake_all(room* r) {
  KFUNC();
  WRITE_ONCE(r->flag, 1);
  wake_up_all(&r->wq);
}

TEST(lost_wakeup, convicts_one_wake_up_for_two_exclusive_sleepers) {
  expect_convicted(in_a_room({sleep_alone, sleep_alone, set_and_wake}),
                   "lost-wakeup in sleep_alone");
  expect_acquitted(in_a_room({sleep_alone, sleep_alone, set_and_wake_all}));
  expect_acquitted(in_a_room({sleep_until_flag, sleep_until_flag, set_and_wake}));
}

}  // namespace
}  // namespace iorace::this_file
