// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/frontier.h"

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

way_lesson reached(std::vector<std::uint8_t> picks, std::vector<discovery> found) {
  return {.any = true, .gone = {std::move(picks), 7}, .found = std::move(found)};
}

TEST(frontier, the_shortest_way_to_a_pair_is_kept) {
  archive a;
  a.learn(reached({1, 2, 1, 2}, {{.pair = 5, .length = 2}, {.pair = 6, .length = 4}}));
  ASSERT_EQ(a.ways(), 2u);
  EXPECT_EQ(a.at(0).picks, (std::vector<std::uint8_t>{1, 2}));
  EXPECT_EQ(a.at(1).picks, (std::vector<std::uint8_t>{1, 2, 1, 2}));
  EXPECT_FALSE(a.is_new({.pair = 6, .length = 4}));
  EXPECT_TRUE(a.is_new({.pair = 6, .length = 3}));
  a.learn(reached({2, 2, 1}, {{.pair = 5, .length = 3}, {.pair = 6, .length = 3}}));
  ASSERT_EQ(a.ways(), 2u);
  EXPECT_EQ(a.at(0).picks, (std::vector<std::uint8_t>{1, 2}));
  EXPECT_EQ(a.at(1).picks, (std::vector<std::uint8_t>{2, 2, 1}));
}

TEST(frontier, what_is_kept_is_bounded) {
  archive a;
  for (std::uint64_t pair = 1; pair <= 2 * archive::ways_max; ++pair)
    a.learn(reached({1}, {{.pair = mixed(pair, 0), .length = 1}}));
  EXPECT_EQ(a.ways(), archive::ways_max);
  EXPECT_FALSE(a.is_new({.pair = 1, .length = 1}));
  EXPECT_FALSE(archive().is_new({.pair = 1, .length = archive::length_max + 1}));
}

TEST(frontier, ways_are_followed_equally_often) {
  archive a;
  for (std::uint64_t pair = 1; pair <= 10; ++pair)
    a.learn(reached({1}, {{.pair = pair, .length = 1}}));
  rng random(1);
  unsigned followed[10] = {};
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t w = a.propose(random);
    ++followed[w];
    a.learn({.any = true, .followed = w});
  }
  for (const unsigned n : followed) EXPECT_NEAR(n, 100, 10);
}

// Tasks 1 and 2 write and read one place, each for itself a hundred times.
toy_tasks in_turns() {
  static char place;
  toy_tasks tasks(2);
  for (int i = 0; i < 100; ++i) {
    tasks[0].push_back({.place = &place, .field = 9999, .kind = op_kind::write_once});
    tasks[1].push_back({.place = &place, .field = 9999, .kind = op_kind::read_once});
  }
  return tasks;
}

// Whoever sets out on a way goes it, to its end or a part of it; one in eight begins anew.
TEST(frontier, a_way_is_followed) {
  std::vector<std::uint8_t> picks;
  for (int i = 0; i < 60; ++i) picks.push_back(static_cast<std::uint8_t>(i / 3 % 2 + 1));
  knowledge known;
  known.ways.learn(reached(picks, {{.pair = 5, .length = 60}}));
  frontier s;
  s.recall(&known);
  unsigned anew = 0, whole = 0;
  for (std::uint64_t number = 0; number < 400; ++number) {
    const std::vector<task_id> order = toy_run(s, in_turns(), {.seed = 1, .number = number});
    lesson l;
    ASSERT_TRUE(s.report(l, ended::finished));
    anew += l.ways.followed == ~0u;
    whole += std::equal(picks.begin(), picks.end(), order.begin());
  }
  EXPECT_NEAR(anew, 50u, 20u);
  EXPECT_NEAR(whole, 180u, 40u);
}

// It leads back to where the pair came up, draws included.
TEST(frontier, what_it_reports_leads_there) {
  knowledge known;
  frontier s;
  s.recall(&known);
  const std::vector<task_id> order = toy_run(s, in_turns(), {.seed = 1});
  const std::uint32_t drawn = s.draw(1, "site", 1'000'000, draw_kind::choice);
  lesson l;
  ASSERT_TRUE(s.report(l, ended::finished));
  ASSERT_FALSE(l.ways.found.empty());
  known.learn(l);
  ASSERT_GT(known.ways.ways(), 0u);
  for (std::uint32_t w = 0; w < known.ways.ways(); ++w)
    EXPECT_TRUE(
        std::equal(known.ways.at(w).picks.begin(), known.ways.at(w).picks.end(), order.begin()));
  for (std::uint64_t number = 1; number < 20; ++number) {
    s.begin({.seed = 1, .number = number});
    lesson next;
    s.report(next, ended::finished);
    const std::uint32_t again = s.draw(1, "site", 1'000'000, draw_kind::choice);
    EXPECT_EQ(again == drawn, next.ways.followed != ~0u) << number;
  }
}

// Each round of a loop has sites of its own, and so has each of two tasks that do the same.
TEST(frontier, sites_are_told_apart) {
  const toy_tasks tasks = in_turns();
  const auto sites_of = [&](bool apart) {
    reads_from reads(apart);
    reads.begin();
    std::vector<pending_op> pending(3, tasks[1][0]);
    choice_view view{};
    view.pending = pending.data();
    std::vector<std::uint64_t> sites;
    for (task_id t = 1; t <= 2; ++t)
      for (int round = 0; round < 18; ++round) {
        reads.look(view, t);
        sites.push_back(reads.pending(t).site);
        reads.execute(t);
      }
    return sites;
  };
  const std::vector<std::uint64_t> own = sites_of(true), shared = sites_of(false);
  EXPECT_NE(own[0], own[18]);
  EXPECT_EQ(shared[0], shared[18]);
  EXPECT_NE(own[1], own[2]);
  EXPECT_EQ(shared[1], shared[2]);
  EXPECT_NE(own[15], own[16]);
  EXPECT_EQ(own[16], own[17]) << "the seventeenth round and the eighteenth";
}

}  // namespace
}  // namespace iorace::this_file
