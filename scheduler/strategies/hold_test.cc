// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/hold.h"

#include <gtest/gtest.h>

#include "scheduler/explore/account_test.h"
#include "scheduler/record/capture.h"

namespace iorace::this_file {
namespace {

anchor at(const char* text) {
  return *parse_schedule(std::string("cpu1 until ") + text)->segments[0].until;
}

struct held {
  bool turned_round = false;
  std::string order;  // of the tasks, by step: "111222"
};

// Two CPUs pay once each; a payment is six steps, the lock is taken for three at a time.
held hold_in(const char* plan, const holding& what) {
  engine e;
  const engine_names n(e);
  const struct schedule s = *parse_schedule(plan);
  replay follow(s, n);
  hold h(follow, what, n);
  EXPECT_NE(e.run(accounts({.cpus = 2, .payments = 1}), h, {}).how, ended::step_bound);
  held out{h.turned_round(), ""};
  for (const recording::line& l : capture(e).lines) out.order += std::to_string(l.task);
  return out;
}

// The tutorial: CPU2's write was behind all that CPU1 does, now CPU1's is behind CPU2's. CPU1
// catches up as soon as it can: the lock is free again.
TEST(hold, turns_an_order_round_and_lets_the_task_catch_up) {
  const holding what{.task = "cpu1",
                     .at = at("write_balance mutex_lock account#1.lock"),
                     .other = "cpu2",
                     .past = at("write_balance mutex_lock account#1.lock"),
                     .at_once = false,
                     .caught_up = std::nullopt};
  const held h = hold_in("cpu1\ncpu2\n", what);
  EXPECT_TRUE(h.turned_round);
  EXPECT_EQ(h.order, "111222222111");
}

TEST(hold, stops_again_where_the_task_had_stopped) {
  const holding what{.task = "cpu1",
                     .at = at("read_balance mutex_lock account#1.lock"),
                     .other = "cpu2",
                     .past = at("read_balance mutex_unlock account#1.lock"),
                     .at_once = false,
                     .caught_up = at("write_balance mutex_lock account#1.lock")};
  const held h = hold_in("cpu1 until write_balance mutex_lock account#1.lock\ncpu2\n", what);
  EXPECT_TRUE(h.turned_round);
  EXPECT_EQ(h.order, "222111222111");
}

// The schedule does not come to CPU2 before CPU1 has ended.
TEST(hold, lets_the_other_task_run_at_once) {
  const holding what{.task = "cpu1",
                     .at = at("read_balance mutex_lock account#1.lock"),
                     .other = "cpu2",
                     .past = at("read_balance mutex_lock account#1.lock"),
                     .at_once = true,
                     .caught_up = std::nullopt};
  const held h = hold_in("", what);
  EXPECT_TRUE(h.turned_round);
  EXPECT_EQ(h.order, "222111111222");
}

TEST(hold, fails_where_the_other_task_needs_the_lock_of_the_first) {
  const holding what{.task = "cpu1",
                     .at = at("read_balance mutex_unlock account#1.lock"),
                     .other = "cpu2",
                     .past = at("read_balance mutex_lock account#1.lock"),
                     .at_once = true,
                     .caught_up = std::nullopt};
  const held h = hold_in("cpu1\ncpu2\n", what);
  EXPECT_FALSE(h.turned_round);
  EXPECT_EQ(h.order.size(), 12u);
}

TEST(hold, a_place_that_nobody_comes_to_changes_nothing) {
  const holding what{.task = "cpu3",
                     .at = at("read_balance mutex_unlock account#1.lock"),
                     .other = "cpu2",
                     .past = at("read_balance mutex_lock account#1.lock #7"),
                     .at_once = false,
                     .caught_up = std::nullopt};
  const held h = hold_in("cpu2\ncpu1\n", what);
  EXPECT_FALSE(h.turned_round);
  EXPECT_EQ(h.order, "222222111111");
}

}  // namespace
}  // namespace iorace::this_file
