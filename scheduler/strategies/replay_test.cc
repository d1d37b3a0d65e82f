// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/replay.h"

#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/record/capture.h"
#include "scheduler/strategies/recorder.h"

namespace iorace::this_file {
namespace {

struct counter {
  shared<int> v;
  shared<int> w;
};
IORACE_DESCRIBE(counter, "counter", v, w);

void raise(counter* c) {
  KFUNC();
  const int v = READ_ONCE(c->v);
  WRITE_ONCE(c->v, v + 1);
}

// Two CPUs that raise a counter without a lock; an update is lost iff both read before one writes.
program two_raises() {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  p.cpu([](void* c) { raise(static_cast<counter*>(c)); });
  p.cpu([](void* c) { raise(static_cast<counter*>(c)); });
  p.check = [](void* c) { BUG_ON(static_cast<counter*>(c)->v != 2); };
  return p;
}

struct replayed {
  execution_result result;
  std::string title;
  std::string lost;
  std::vector<task_id> order;
};

replayed follow(const program& p, const struct schedule& s) {
  engine e;
  const engine_names n(e);
  replay r(s, n);
  replayed out;
  out.result = e.run(p, r, {});
  out.title = e.last_finding().title;
  if (const auto lost = r.lost(out.result.how)) out.lost = to_text(*lost, s);
  for (const auto& line : capture(e).lines) out.order.push_back(line.task);
  return out;
}

replayed follow(const program& p, std::string_view text) {
  const auto s = parse_schedule(text);
  EXPECT_TRUE(s.has_value()) << s.error().in("schedule");
  return follow(p, *s);
}

using order = std::vector<task_id>;

// A schedule says who runs until where. Here CPU1 stops short of its write, and CPU2 runs through.
TEST(replay, stops_a_task_short_of_its_anchor) {
  const replayed r = follow(two_raises(), "cpu1 until raise write_once counter#1.v\ncpu2\ncpu1\n");
  EXPECT_EQ(r.order, (order{1, 2, 2, 1}));
  EXPECT_EQ(r.title, "kernel-bug in setup");
  EXPECT_EQ(r.lost, "");
}

TEST(replay, without_a_schedule_one_task_runs_after_the_other) {
  const replayed r = follow(two_raises(), "");
  EXPECT_EQ(r.order, (order{1, 1, 2, 2}));
  EXPECT_EQ(r.title, "");
  EXPECT_EQ(follow(two_raises(), "cpu2\n").order, (order{2, 2, 1, 1}));
}

TEST(replay, an_anchor_where_the_task_stands_already_is_an_empty_segment) {
  const replayed r = follow(two_raises(),
                            "cpu1 until raise read_once counter#1.v\n"
                            "cpu2 until raise write_once counter#1.v\n"
                            "cpu2 until raise write_once counter#1.v\ncpu1\n");
  EXPECT_EQ(r.order, (order{2, 1, 1, 2}));
  EXPECT_EQ(r.lost, "");
}

TEST(replay, says_which_segment_lost_its_way_and_why) {
  const struct {
    const char* schedule;
    const char* lost;
  } cases[] = {
      {"cpu3\n", "cpu3: there is no such task yet"},
      {"cpu1\ncpu1\n", "cpu1: its task has ended or is blocked"},
      {"cpu1 until raise write_once counter#2.v\n",
       "cpu1 until raise write_once counter#2.v: its task ended or blocked before it came there"},
      {"cpu1 until raise write_once counter#1.v #2\n",
       "cpu1 until raise write_once counter#1.v #2: its task ended or blocked before it came "
       "there"},
      {"cpu1\ncpu2 until raise read_once counter#1.v\ncpu2\ncpu1\n",
       "cpu1: everything had ended before"},
      {"cpu1\ncpu2\ncpu1 until raise read_once counter#1.v\n",
       "cpu1 until raise read_once counter#1.v: everything had ended before"},
      {"cpu1\ncpu1 until raise read_once counter#1.v\n",
       "cpu1 until raise read_once counter#1.v: its task had passed there before"},
      {"choose cpu1:raise:wake#1 1\n", "choose cpu1:raise:wake#1 1: nobody chose there"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(follow(two_raises(), c.schedule).lost, c.lost) << c.schedule;
}

// The best effort: what cannot be followed is skipped, the rest still counts.
TEST(replay, goes_on_behind_a_segment_that_is_lost) {
  const replayed r =
      follow(two_raises(), "cpu9\ncpu1 until raise write_once counter#1.v\ncpu2\ncpu1\n");
  EXPECT_EQ(r.title, "kernel-bug in setup");
  EXPECT_EQ(r.lost, "cpu9: there is no such task yet");
}

void chooser(counter* c) {
  KFUNC();
  for (int i = 0; i < 3; ++i) WRITE_ONCE(c->v, static_cast<int>(choose("which way", 4)));
}

TEST(replay, answers_choices_by_their_place) {
  program p = two_raises();
  p.bodies.clear();
  p.cpu([](void* c) { chooser(static_cast<counter*>(c)); });
  p.check = [](void* c) { BUG_ON(static_cast<counter*>(c)->v == 3); };
  EXPECT_EQ(follow(p, "choose cpu1:chooser:which_way#3 3\n").title, "kernel-bug in setup");
  EXPECT_EQ(follow(p, "choose cpu1:chooser:which_way#2 3\n").title, "");
  EXPECT_EQ(follow(p, "choose cpu1:chooser:which_way#1 4\n").lost,
            "choose cpu1:chooser:which_way#1 4: there are not so many answers");
}

// Between two points a task may draw, and so it may before its first.
TEST(replay, answers_choices_before_the_first_operation) {
  program p = two_raises();
  p.bodies.clear();
  const auto draws_first = [](void* c) {
    if (inject_fault("at once")) raise(static_cast<counter*>(c));
    READ_ONCE(static_cast<counter*>(c)->v);
  };
  p.cpu(draws_first);
  p.cpu(draws_first);
  p.check = [](void* c) { BUG_ON(static_cast<counter*>(c)->v == 1); };
  engine e;
  const engine_names n(e);
  for (const char* schedule : {"choose cpu1:-:at_once#1 1\n", "choose cpu2:-:at_once#1 1\n"}) {
    const auto s = *parse_schedule(schedule);
    replay r(s, n);
    const execution_result result = e.run(p, r, {.faults_max = 1});
    EXPECT_EQ(e.last_finding().title, "kernel-bug in setup") << schedule;
    EXPECT_FALSE(r.lost(result.how).has_value()) << schedule;
  }
}

void busy(counter* c) {
  KFUNC();
  for (int i = 0; i < 4; ++i) {
    raise(c);
    if (choose("more", 3) == 2) WRITE_ONCE(c->w, READ_ONCE(c->w) + 1);
  }
}

// What the whole record rests on: whatever a strategy does, its schedule does again.
TEST(twice_replay, a_recorded_schedule_gives_the_same_digest) {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  for (int i = 0; i < 3; ++i) p.cpu([](void* c) { busy(static_cast<counter*>(c)); });
  p.check = [](void* c) { BUG_ON(static_cast<counter*>(c)->v < 6); };
  engine e;
  const engine_names n(e);
  for (const char* name : {"random", "pct:3", "pos", "round-robin"}) {
    const auto s = make_strategy(name);
    ASSERT_NE(s, nullptr) << name;
    for (std::uint64_t i = 0; i < 500; ++i) {
      recorder r(*s, n);
      const execution_result first = e.run(p, r, {.seed = 1, .number = i});
      const struct schedule kept = *parse_schedule(to_text(r.recorded()));
      ASSERT_EQ(kept, r.recorded());
      replay again(kept, n);
      const execution_result second = e.run(p, again, {});
      ASSERT_EQ(first.digest, second.digest) << name << ' ' << i << '\n' << to_text(kept);
      ASSERT_EQ(first.how, second.how);
      ASSERT_FALSE(again.lost(second.how).has_value());
    }
  }
}

}  // namespace
}  // namespace iorace::this_file
