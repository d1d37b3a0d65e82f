// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/pos.h"

#include <map>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

// The paper's example in small: task 1 makes 15 operations that nobody else cares for, then one
// that conflicts with the only one of task 2. A random walk runs task 2 last once in 2^16
// executions; for POS its one operation has to draw the lowest of 17 priorities.
TEST(pos, samples_partial_orders_and_not_interleavings) {
  toy_tasks tasks = toy(2, 16);
  tasks[1] = {tasks[0].back()};
  pos s;
  unsigned last = 0;
  for (std::uint64_t i = 0; i < 2000; ++i)
    last += toy_run(s, tasks, {.seed = 2, .number = i}).back() == 2;
  EXPECT_NEAR(last, 2000.0 / 17, 40);
}

TEST(pos, orders_of_independent_tasks_are_equally_likely) {
  pos s;
  std::map<std::vector<task_id>, unsigned> seen;
  for (std::uint64_t i = 0; i < 6000; ++i) ++seen[toy_run(s, toy(3, 1), {.number = i})];
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [order, n] : seen) EXPECT_NEAR(n, 1000u, 150u);
}

// Without the second draw task 2, having lost once, would stay behind for ever.
TEST(pos, operations_that_depend_on_the_executed_one_draw_anew) {
  toy_tasks tasks = toy(2, 30);
  for (auto& ops : tasks)
    for (auto& op : ops) op.place = tasks[0][0].place;
  pos s;
  double switches = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto order = toy_run(s, tasks, {.number = i});
    for (std::size_t k = 1; k < order.size(); ++k) switches += order[k] != order[k - 1];
  }
  EXPECT_GT(switches / 200, 15);
}

TEST(pos, the_same_numbers_give_the_same_execution) {
  pos a, b;
  toy_run(b, toy(4, 30), {.seed = 5, .number = 6});
  const execution_options o{.seed = 9, .number = 17};
  EXPECT_EQ(toy_run(a, toy(3, 20), o), toy_run(b, toy(3, 20), o));
}

}  // namespace
}  // namespace iorace::this_file
