// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/surw.h"

#include <map>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

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

// Two operations of each task concern one place, eight others of the first task nobody: the six
// orders of the four are equally likely, whatever the others do.
TEST(surw, every_order_of_the_interesting_operations_is_equally_likely) {
  toy_tasks tasks = toy(2, 10);
  tasks[1].resize(2);
  const pending_op shared = {
      .place = tasks[0][0].place, .field = 9999, .kind = op_kind::write_once};
  tasks[0][3] = tasks[0][8] = tasks[1][0] = tasks[1][1] = shared;
  surw s;
  const knowledge known = taught(s, tasks);
  ASSERT_EQ(known.events.contested(true).size(), 1u);
  s.recall(&known);
  std::map<std::vector<task_id>, unsigned> seen;
  for (std::uint64_t i = 0; i < 6000; ++i) {
    std::vector<task_id> order;
    std::vector<std::size_t> at(3, 0);
    for (const task_id t : toy_run(s, tasks, {.seed = 1, .number = i}))
      if (tasks[t - 1][at[t]++].field == shared.field) order.push_back(t);
    ++seen[order];
  }
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [order, n] : seen) EXPECT_NEAR(n, 1000u, 150u);
}

event_count at(std::uint64_t task, std::uint64_t role, bool lock, bool bare) {
  return {.task = task,
          .place = 7,
          .count = 1,
          .writes = true,
          .role = role,
          .lock = lock,
          .bare = bare,
          .finished = true};
}

TEST(surw, locks_of_equals_and_guarded_places_tell_little) {
  const auto telling = [](const event_count& a, const event_count& b) {
    profile p;
    const event_count seen[] = {a, b};
    p.add(seen);
    p.summarize();
    EXPECT_EQ(p.contested(true).size() + p.contested(false).size(), 1u);
    return !p.contested(true).empty();
  };
  EXPECT_TRUE(telling(at(1, 1, true, false), at(2, 2, true, false)));
  EXPECT_FALSE(telling(at(1, 1, true, true), at(2, 1, true, true)));
  EXPECT_TRUE(telling(at(1, 1, false, true), at(2, 1, false, false)));
  EXPECT_FALSE(telling(at(1, 1, false, false), at(2, 2, false, false)));
}

// A task that goes round and round where two members are looked at does so in these executions.
TEST(surw, what_members_make_a_task_do_is_counted_apart) {
  constexpr std::uint64_t set = 77;
  lineage tasks;
  tasks.begin();
  const task_id t = tasks.meet(0);
  profile p;
  for (unsigned operations : {2u, 4u}) {
    event_counter c;
    c.begin(true);
    for (unsigned i = 0; i < 5; ++i) c.count_in(set, tasks, t, i < operations);
    c.finished(tasks, t, set);
    std::vector<event_count> seen;
    c.report(false, seen);
    p.add(seen);
  }
  p.summarize();
  EXPECT_EQ(p.weight(event_counter::in_set(tasks.signature(t), set), set), 3 * profile::unit);
  EXPECT_EQ(p.weight(tasks.signature(t), set), 0u);
  EXPECT_TRUE(p.contested(true).empty() && p.contested(false).empty() && p.members().empty());
}

}  // namespace
}  // namespace iorace::this_file
