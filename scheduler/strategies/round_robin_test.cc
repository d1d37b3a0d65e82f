// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/round_robin.h"

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

using order = std::vector<task_id>;

TEST(round_robin, gives_turns_of_equal_length) {
  round_robin s;
  EXPECT_EQ(toy_run(s, toy(3, 2), {.number = 0}), (order{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(toy_run(s, toy(2, 4), {.number = 1}), (order{2, 2, 1, 1, 2, 2, 1, 1}));
  EXPECT_EQ(toy_run(s, toy(2, 3), {.number = 63}), (order{2, 2, 2, 1, 1, 1}));
}

TEST(round_robin, skips_those_that_have_finished) {
  round_robin s;
  toy_tasks tasks = toy(2, 3);
  tasks[1].resize(1);
  EXPECT_EQ(toy_run(s, tasks, {.number = 0}), (order{1, 2, 1, 1}));
}

TEST(round_robin, gives_every_choice_the_dull_answer) {
  round_robin s;
  s.begin({.seed = 1, .number = 2});
  EXPECT_EQ(s.draw(1, "site", 10, draw_kind::choice), 0u);
}

}  // namespace
}  // namespace iorace::this_file
