// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/preemption_bounded.h"

#include <set>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

// A switch away from a task that had not come to its end.
unsigned preemptions(const std::vector<task_id>& order, std::size_t operations) {
  std::vector<std::size_t> made(8, 0);
  unsigned n = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i] != order[i - 1] && made[order[i - 1]] < operations) ++n;
    ++made[order[i]];
  }
  return n;
}

TEST(preemption_bounded, keeps_to_its_bound_and_uses_it) {
  for (const unsigned bound : {1u, 2u, 5u}) {
    preemption_bounded s(bound);
    std::set<unsigned> seen;
    for (std::uint64_t i = 0; i < 500; ++i)
      seen.insert(preemptions(toy_run(s, toy(3, 20), {.number = i, .points_estimate = 60}), 20));
    EXPECT_EQ(*seen.rbegin(), bound);
  }
}

TEST(preemption_bounded, every_order_of_whole_tasks_comes_up) {
  preemption_bounded s(1);
  std::set<std::vector<task_id>> seen;
  for (std::uint64_t i = 0; i < 200; ++i) seen.insert(toy_run(s, toy(3, 1), {.number = i}));
  EXPECT_EQ(seen.size(), 6u);
}

}  // namespace
}  // namespace iorace::this_file
