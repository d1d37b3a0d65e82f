// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/lambda_trace.h"

#include <gtest/gtest.h>

#include "scheduler/explore/account_test.h"

namespace iorace::this_file {
namespace {

const std::string_view lost_payment = R"(iorace-trace 1
title     kernel-bug in setup
options   faults=1

[schedule]
cpu1 until write_balance mutex_lock account#1.lock
cpu2
cpu1
[points] account.audits
[steps]
   1 cpu1 read_balance   mutex_lock    account#1.lock
   2 cpu1 read_balance   read          account#1.balance = 0
   3 cpu1 read_balance   mutex_unlock  account#1.lock
   4 cpu2 read_balance   mutex_lock    account#1.lock
   5 cpu2 read_balance   read          account#1.balance = 0
   6 cpu2 read_balance   mutex_unlock  account#1.lock
   7 cpu2 write_balance  mutex_lock    account#1.lock
   8 cpu2 write_balance  write         account#1.balance 0 -> 1
   9 cpu2 write_balance  mutex_unlock  account#1.lock
  10 cpu1 write_balance  mutex_lock    account#1.lock
  11 cpu1 write_balance  write         account#1.balance 1 -> 1
  12 cpu1 write_balance  mutex_unlock  account#1.lock
[verdict]
kernel-bug
digest )";

// The tutorial: an execution becomes a text, and the text an execution.
TEST(lambda_trace, from_an_execution_to_a_file_and_back) {
  engine e;
  const program p = accounts({.cpus = 2, .payments = 1});
  execution_options o;
  o.faults_max = 1;
  const struct schedule plan =
      *parse_schedule("cpu1 until write_balance mutex_lock account#1.lock\ncpu2\ncpu1\n");
  const kept_execution kept = keep(e, p, plan, o, {"account.audits"});
  const std::string text = to_text(trace_of(kept, o));
  EXPECT_EQ(text.substr(0, text.size() - 17), lost_payment);
  const auto t = parse_lambda_trace(text);
  ASSERT_TRUE(t) << t.error().in("trace");
  EXPECT_EQ(to_text(*t), text);
  const replay_report again = replay_trace(e, p, t->in, t->want);
  EXPECT_EQ(again.status, replay_status::same) << again.what;
  const program repaired = accounts({.cpus = 2, .payments = 1, .repaired = true});
  EXPECT_NE(replay_trace(e, repaired, t->in, t->want).status, replay_status::same);
}

TEST(lambda_trace, an_execution_without_a_finding_has_no_title) {
  engine e;
  const program p = accounts({.repaired = true});
  const lambda_trace t = trace_of(keep(e, p, {}, {}, {}), {});
  EXPECT_EQ(to_text(t).substr(0, 27), "iorace-trace 1\n\n[schedule]\n");
  const auto again = parse_lambda_trace(to_text(t));
  ASSERT_TRUE(again) << again.error().in("trace");
  EXPECT_EQ(replay_trace(e, p, again->in, again->want).status, replay_status::same);
}

void pay_one_or_two(void* world) {
  auto& balance = static_cast<account*>(world)->balance;
  WRITE_ONCE(balance, READ_ONCE(balance) + (choose("more", 2) == 0 ? 1 : 2));
}

void start_two(void* world) {
  for (int i = 0; i < 2; ++i) create_task(task_kind::kthread, "a thread", pay_one_or_two, world);
}

// Two bodies of one name, one that is called like a line of a schedule, and threads of one name.
TEST(lambda_trace, tasks_may_have_any_names) {
  program p;
  p.setup = [] { return static_cast<void*>(make<account>()); };
  for (const char* name : {"pay", "pay", "choose"})
    p.bodies.push_back({task_kind::cpu, name, pay_one_or_two});
  p.bodies.push_back({task_kind::cpu, "7: start", start_two});
  p.check = [](void* world) {
    warn_on(READ_ONCE(static_cast<account*>(world)->balance) == 6, "of at most ten");
  };
  sample_options o;
  o.strategy = "random";
  const sample_result found = sample(p, o);
  ASSERT_EQ(found.findings.size(), 1u);
  engine e;
  const sampled_finding& f = found.findings[0];
  const std::string text = to_text(trace_of(keep(e, p, f), f.options));
  const auto t = parse_lambda_trace(text);
  ASSERT_TRUE(t) << t.error().in("trace") << '\n' << text;
  const replay_report again = replay_trace(e, p, t->in, t->want);
  EXPECT_EQ(again.status, replay_status::same) << again.what << '\n' << text;
}

TEST(lambda_trace, takes_every_bound_that_an_execution_can_have) {
  lambda_trace t;
  t.in.options.points_max = t.in.options.faults_max = ~std::uint32_t{0};
  const auto again = parse_lambda_trace(to_text(t));
  ASSERT_TRUE(again) << again.error().in("trace");
  EXPECT_EQ(again->in.options.points_max, t.in.options.points_max);
  EXPECT_EQ(again->in.options.faults_max, t.in.options.faults_max);
  const auto beyond = parse_lambda_trace("iorace-trace 1\noptions points=4294967296\n");
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().in("t"),
            "t:2:9: option points=4294967296 is out of range, expected 0 to 4294967295");
}

TEST(lambda_trace, most_of_it_can_be_left_out) {
  const auto t = parse_lambda_trace("# by hand\niorace-trace 1\n[schedule]\ncpu2  # first\ncpu1\n");
  ASSERT_TRUE(t) << t.error().in("trace");
  EXPECT_EQ(t->in.plan.segments.size(), 2u);
  EXPECT_FALSE(t->want.verdict || t->want.title || t->want.digest);
  EXPECT_TRUE(parse_lambda_trace("iorace-trace 1\n"));
}

TEST(lambda_trace, errors_have_their_place) {
  const struct {
    std::string text, error;
  } cases[] = {
      {"", "t:1:1: the file is empty, expected 'iorace-trace 1'"},
      {"lambda\n", "t:1:1: unexpected 'lambda', expected 'iorace-trace 1'"},
      {"iorace-trace 2\n", "t:1:14: unknown version '2', expected 1"},
      {"iorace-trace 1\nknobs a=b\n",
       "t:2:1: unknown key 'knobs', expected one of title, options, or a section such as "
       "[schedule]"},
      {"iorace-trace 1\noptions fair=2\n", "t:2:9: option fair=2 is out of range, expected 0 to 1"},
      {"iorace-trace 1\n[cpu1]\n",
       "t:2:1: unknown section '[cpu1]', expected one of schedule, points, steps, verdict"},
      {"iorace-trace 1\n[steps]\n[points]\n",
       "t:3:1: section [points] comes too late, expected it before [steps]"},
      {"iorace-trace 1\n[schedule]\ncpu1 til\n",
       "t:3:6: unexpected 'til', expected 'until' or the end of the line"},
      {"iorace-trace 1\n[points] v\n",
       "t:2:10: unexpected 'v', expected a field such as iopt_area.num_accesses"},
      {"iorace-trace 1\n[steps]\n\n 1 cpu1 f write a#1.v\n 3 cpu1 f write a#1.v\n[verdict]\nnone\n",
       "t:5:2: '3' is not the number of the step, expected 2"},
      {"iorace-trace 1\n[verdict]\n",
       "t:2:1: [verdict] is empty (is the file truncated?), expected a verdict"},
      {"iorace-trace 1\n[verdict]\nnone\ndigest 12\n",
       "t:4:8: '12' is no digest, expected 16 hexadecimal digits"},
      {"iorace-trace 1",
       "t:1:15: the file ends within a line, expected a line feed (is it "
       "truncated?)"},
  };
  for (const auto& c : cases) {
    const auto t = parse_lambda_trace(c.text);
    ASSERT_FALSE(t) << c.text;
    EXPECT_EQ(t.error().in("t"), c.error) << c.text;
  }
}

}  // namespace
}  // namespace iorace::this_file
