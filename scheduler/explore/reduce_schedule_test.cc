// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/reduce_schedule.h"

#include <gtest/gtest.h>

#include "scheduler/explore/account_test.h"
#include "scheduler/explore/keep.h"

namespace iorace::this_file {
namespace {

kept_execution found_by(engine& e, const program& p, const char* strategy, std::uint64_t seed) {
  sample_options o;
  o.strategy = strategy;
  o.each.seed = seed;
  const sample_result s = sample(p, o);
  EXPECT_EQ(s.findings.size(), 1u);
  return keep(e, p, s.findings[0]);
}

reduced_schedule reduced(engine& e, const program& p, const kept_execution& k) {
  return reduce_schedule(e, p, {.plan = k.plan, .points = k.points, .options = {}},
                         {.verdict = k.what.name, .title = k.what.title});
}

// Three CPUs pay three times each; a random walk makes dozens of switches. What remains is the
// race: one CPU stops between reading and writing, another one pays meanwhile.
TEST(reduce_schedule, leaves_one_early_switch_of_a_lost_update) {
  engine e;
  const program p = accounts();
  const kept_execution k = found_by(e, p, "random", 1);
  EXPECT_GT(k.plan.segments.size(), 5u);
  const reduced_schedule r = reduced(e, p, k);
  ASSERT_TRUE(r.holds);
  EXPECT_TRUE(r.minimal);
  ASSERT_EQ(r.plan.segments.size(), 2u) << to_text(r.plan);
  EXPECT_EQ(to_text(*r.plan.segments[0].until), "write_balance mutex_lock account#1.lock");
  EXPECT_FALSE(r.plan.segments[1].until.has_value());
}

TEST(reduce_schedule, whoever_found_it) {
  engine e;
  const program p = accounts();
  for (const char* strategy : {"random", "pct:3", "pos"})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const reduced_schedule r = reduced(e, p, found_by(e, p, strategy, seed));
      EXPECT_TRUE(r.holds && r.minimal);
      EXPECT_EQ(r.plan.segments.size(), 2u) << to_text(r.plan);
      EXPECT_LT(r.executions, 3000u);
    }
}

TEST(reduce_schedule, the_result_replays_and_comes_to_the_same) {
  engine e;
  const program p = accounts();
  const kept_execution k = found_by(e, p, "pos", 3);
  const reduced_schedule r = reduced(e, p, k);
  const expectation want{.verdict = k.what.name,
                         .title = k.what.title,
                         .detail = {},
                         .digest = r.result.digest,
                         .steps = {}};
  const replay_report got =
      replay_trace(e, p, {.plan = r.plan, .points = k.points, .options = {}}, want);
  EXPECT_EQ(got.status, replay_status::same) << got.what;
}

struct dice {
  shared<int> sum;
};
IORACE_DESCRIBE(dice, "dice", sum);

void roll(dice* d) {
  KFUNC();
  d->sum += static_cast<int>(choose("pips", 6));
}

TEST(reduce_schedule, lowers_the_answers_to_choices) {
  program p;
  p.setup = [] { return static_cast<void*>(make<dice>()); };
  p.cpu([](void* d) {
    for (int i = 0; i < 4; ++i) roll(static_cast<dice*>(d));
  });
  p.check = [](void* d) { BUG_ON(static_cast<dice*>(d)->sum >= 3); };
  engine e;
  const reduced_schedule r = reduced(e, p, found_by(e, p, "random", 5));
  ASSERT_TRUE(r.holds);
  EXPECT_TRUE(r.plan.segments.empty()) << to_text(r.plan);
  ASSERT_EQ(r.plan.choices.size(), 1u) << to_text(r.plan);
  EXPECT_EQ(r.plan.choices[0].value, 3u);
}

struct pair {
  shared<int> x;
};
IORACE_DESCRIBE(pair, "pair", x);

void look_twice(pair* p) {
  KFUNC();
  const int first = READ_ONCE(p->x);
  const int second = READ_ONCE(p->x);
  BUG_ON(first == 0 && second == 1);
}
void raise_twice(pair* p) {
  KFUNC();
  for (int i = 0; i < 5; ++i) (void)READ_ONCE(p->x);
  WRITE_ONCE(p->x, 1);
  WRITE_ONCE(p->x, 2);
}

// Neither task can run through: each has to stop once inside the other.
TEST(reduce_schedule, finds_the_two_early_switches_that_a_race_needs) {
  program p;
  p.setup = [] { return static_cast<void*>(make<pair>()); };
  p.cpu([](void* x) { raise_twice(static_cast<pair*>(x)); });
  p.cpu([](void* x) { look_twice(static_cast<pair*>(x)); });
  p.cpu([](void* x) { raise_twice(static_cast<pair*>(x)); });
  engine e;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const reduced_schedule r = reduced(e, p, found_by(e, p, "random", seed));
    ASSERT_TRUE(r.holds && r.minimal);
    EXPECT_EQ(r.plan.segments.size(), 3u) << to_text(r.plan);
    EXPECT_EQ(r.result.switches, 3u) << to_text(r.plan);
  }
}

TEST(reduce_schedule, a_schedule_that_finds_nothing_is_handed_back) {
  engine e;
  const replay_input in{.plan = *parse_schedule("cpu1\ncpu2\n"), .points = {}, .options = {}};
  const reduced_schedule r =
      reduce_schedule(e, accounts(), in, {"kernel-bug", "kernel-bug in setup"});
  EXPECT_FALSE(r.holds);
  EXPECT_EQ(r.plan, in.plan);
  EXPECT_FALSE(still_holds(e, accounts(), in, {"kernel-bug", "kernel-bug in setup"}).has_value());
}

TEST(reduce_schedule, stops_when_it_is_told_to) {
  engine e;
  const program p = accounts();
  const kept_execution k = found_by(e, p, "random", 1);
  int polls = 0;
  const reduced_schedule r = reduce_schedule(
      e, p, {.plan = k.plan, .points = k.points, .options = {}}, {k.what.name, k.what.title},
      {.executions_max = 50'000, .stop = [&] { return ++polls == 5; }});
  EXPECT_TRUE(r.holds);
  EXPECT_FALSE(r.minimal);
  EXPECT_LE(r.executions, 5u);
}

// Who looks at a lock until it is free and takes it then. That fewer lines would do if somebody
// looked until the bound on points lets the others in is no reason to show all his looks.
struct spinning {
  shared<int> taken, inside;
};
IORACE_DESCRIBE(spinning, "spinning", taken, inside);
void enter_and_leave(spinning* s) {
  KFUNC();
  while (READ_ONCE(s->taken) != 0) {
  }
  WRITE_ONCE(s->taken, 1);
  BUG_ON(READ_ONCE(s->inside) != 0);
  WRITE_ONCE(s->inside, 1);
  WRITE_ONCE(s->inside, 0);
  WRITE_ONCE(s->taken, 0);
}

TEST(reduce_schedule, leaves_nobody_who_waits_until_the_bound) {
  program p;
  p.setup = []() -> void* { return make<spinning>(); };
  for (int cpu = 0; cpu < 3; ++cpu)
    p.cpu([](void* s) { enter_and_leave(static_cast<spinning*>(s)); });
  engine e;
  for (const char* strategy : {"random", "portfolio"})
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const reduced_schedule r = reduced(e, p, found_by(e, p, strategy, seed));
      ASSERT_TRUE(r.holds);
      EXPECT_FALSE(r.result.past_bound) << to_text(r.plan);
      EXPECT_LT(r.result.operations, 20u) << to_text(r.plan);
    }
}

}  // namespace
}  // namespace iorace::this_file
