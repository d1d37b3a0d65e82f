// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/urw.h"

#include <map>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

// Runs `s` on the tasks until its knowledge is as good as it gets.
knowledge taught(strategy& s, const toy_tasks& tasks) {
  knowledge known;
  for (std::uint64_t i = 0; i < 10; ++i) {
    toy_run(s, tasks, {.number = i});
    lesson l;
    if (s.report(l, ended::finished)) known.learn(l);
    known.merged();
  }
  return known;
}

// 2 against 4 operations: 15 interleavings, which a random walk does not hit equally.
TEST(urw, every_interleaving_is_equally_likely) {
  toy_tasks tasks = toy(2, 4);
  tasks[1].resize(2);
  urw s;
  const knowledge known = taught(s, tasks);
  s.recall(&known);
  std::map<std::vector<task_id>, unsigned> seen;
  for (std::uint64_t i = 0; i < 15'000; ++i) ++seen[toy_run(s, tasks, {.seed = 1, .number = i})];
  ASSERT_EQ(seen.size(), 15u);
  for (const auto& [order, n] : seen) EXPECT_NEAR(n, 1000u, 150u);
}

TEST(urw, without_knowledge_it_is_a_random_walk) {
  toy_tasks tasks = toy(2, 4);
  tasks[1].resize(1);
  urw s;
  unsigned last = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) last += toy_run(s, tasks, {.number = i}).back() == 2;
  EXPECT_NEAR(last, 4000u / 16, 60u);
}

// Who was held back in every execution so far is not taken for short.
TEST(urw, a_task_that_never_ended_counts_like_the_others) {
  profile p;
  const event_count seen[] = {{.task = 1, .count = 10, .finished = true}, {.task = 2, .count = 1}};
  p.add(seen);
  p.summarize();
  EXPECT_EQ(p.weight(1, 0), 10 * profile::unit);
  EXPECT_GE(p.weight(2, 0), 5 * profile::unit);
}

TEST(urw, a_creator_stands_for_those_it_has_yet_to_create) {
  profile p;
  const event_count seen[] = {{.task = 1, .count = 3, .finished = true},
                              {.task = 2, .parent = 1, .count = 5, .finished = true},
                              {.task = 3, .parent = 2, .count = 7, .finished = true}};
  p.add(seen);
  p.add(seen);
  p.summarize();
  EXPECT_EQ(p.weight(1, 0), 15 * profile::unit);
  EXPECT_EQ(p.weight(2, 0), 12 * profile::unit);
  EXPECT_EQ(p.weight(3, 0), 7 * profile::unit);
}

}  // namespace
}  // namespace iorace::this_file
