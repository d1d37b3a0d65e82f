// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/pct.h"

#include <set>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

unsigned switches(const std::vector<task_id>& order) {
  unsigned n = 0;
  for (std::size_t i = 1; i < order.size(); ++i) n += order[i] != order[i - 1];
  return n;
}

// Depth 1 draws an order of the tasks, and nothing else.
TEST(pct, depth_one_runs_the_tasks_one_after_another) {
  pct s(1);
  std::set<task_id> first;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto order = toy_run(s, toy(3, 5), {.seed = 1, .number = i});
    EXPECT_EQ(switches(order), 2u);
    first.insert(order[0]);
  }
  EXPECT_EQ(first.size(), 3u);
}

// Two tasks of ten points; the bug wants task 1 to stop before its fifth point and task 2 to run
// completely there: depth 2, so at least one execution in n * k = 40 finds it.
double found(std::uint32_t estimate) {
  pct s(2);
  unsigned hits = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const auto order =
        toy_run(s, toy(2, 10), {.seed = 3, .number = i, .points_estimate = estimate});
    std::vector<task_id> want(4, 1);
    want.insert(want.end(), 10, 2);
    hits += std::equal(want.begin(), want.end(), order.begin());
  }
  return hits / 4000.0;
}

TEST(pct, finds_a_bug_of_depth_two_as_often_as_the_paper_promises) {
  EXPECT_GT(found(20), 1.0 / 40);
}

TEST(pct, finds_it_in_the_first_batch_too_where_the_length_is_unknown) {
  EXPECT_GT(found(0), 1.0 / 40 / 4);
}

TEST(pct, a_depth_allows_one_change_less) {
  for (unsigned depth : {2u, 3u, 16u}) {
    pct s(depth);
    for (std::uint64_t i = 0; i < 100; ++i)
      EXPECT_LE(switches(toy_run(s, toy(3, 40), {.number = i, .points_estimate = 120})),
                2 + depth - 1);
  }
}

TEST(pct, the_same_numbers_give_the_same_execution) {
  pct a(3), b(3);
  toy_run(b, toy(4, 30), {.seed = 5, .number = 6});
  const execution_options o{.seed = 9, .number = 17};
  EXPECT_EQ(toy_run(a, toy(3, 20), o), toy_run(b, toy(3, 20), o));
}

TEST(pct, a_task_that_never_ends_does_not_starve_the_others) {
  pct s(1);
  for (std::uint64_t i = 0; i < 10; ++i) {
    toy_tasks tasks = toy(2, 5);
    tasks[0] = toy(1, 5000)[0];
    const auto order = toy_run(s, tasks, {.number = i});
    EXPECT_LT(std::find(order.begin(), order.end(), 2) - order.begin(), 1100);
  }
}

}  // namespace
}  // namespace iorace::this_file
