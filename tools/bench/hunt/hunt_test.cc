// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The score of the strategies, in small: published or simple bounds on executions until a known bug
// is found, averaged over seeds. The full table is the command's, see tools/README.md.
#include "tools/bench/hunt/hunt.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/this_build_test.h"

namespace iorace::bench {
namespace {

hunt_result hunted(const char* program, const char* strategy, std::uint64_t seeds) {
  const auto bug = make_program(program);
  EXPECT_TRUE(bug.has_value()) << program;
  hunt_options o;
  o.strategy = strategy;
  o.seeds = seeds;
  return hunt(*bug, o);
}

TEST(hunt, says_mean_median_and_interval) {
  hunt_result r;
  r.seeds = 5;
  r.hits = {1, 3, 8, 8};
  EXPECT_EQ(r.mean(), 5);
  EXPECT_EQ(r.median(), 8);
  EXPECT_NEAR(r.half_width(), 1.96 * std::sqrt(38.0 / 3 / 4), 1e-9);
  r.seeds = 8;
  EXPECT_TRUE(std::isinf(r.median()));
}

TEST(hunt, programs_are_called_by_name_and_number) {
  EXPECT_TRUE(make_program("reorder_7"));
  EXPECT_FALSE(make_program("reorder_"));
  EXPECT_FALSE(make_program("reorder_1"));
  EXPECT_FALSE(make_program("reorder_7x"));
  EXPECT_FALSE(make_program("account_2"));
}

// One point per access, lock operation, create and join.
TEST(hunt, every_operation_is_a_point) {
  engine e;
  const auto s = make_strategy("round-robin");
  const auto points = [&](const char* program) {
    execution_result r;
    for (std::uint64_t i = 0; i < 50; ++i) {
      r = e.run(make_program(program)->runnable, *s, {.number = i});
      if (r.how == ended::finished) return r.points;
    }
    return 0u;
  };
  EXPECT_EQ(points("twostage"), 4u + 7u + 7u);
  EXPECT_EQ(points("wronglock"), 16u + 6u + 7u * 4u);
}

// Means of plain implementations of the algorithms at the same points; 0: too few hits to compare.
constexpr const char* algorithms[] = {"random", "pct:3", "pos", "urw", "surw"};
struct published_row {
  const char* program;
  double means[std::size(algorithms)];
};
constexpr published_row published[] = {
    {"account", {8.0, 5.0, 6.1, 3.5, 5.6}},
    {"bluetooth_driver", {25.1, 21.2, 15.3, 126.9, 21.5}},
    {"deadlock01", {2.5, 9.4, 3.8, 2.1, 2.5}},
    {"reorder_3", {44.2, 22.9, 17.3, 10.9, 6.6}},
    {"reorder_10", {0, 750, 0, 79.6, 20.4}},
    {"reorder_100", {0, 0, 0, 0, 304}},
    {"twostage", {40.1, 7.8, 10.3, 138, 43.4}},
    {"twostage_100", {0, 0, 0, 0, 184}},
    {"wronglock", {2.7, 14.7, 2.9, 3.5, 3.3}},
};

// Each is at most 1.25 times that: the 95% interval contains such a value. `large`: of a hundred
// tasks.
void expect_published(unsigned seeds, unsigned seeds_if_large) {
  for (const published_row& r : published) {
    const bool large = std::string_view(r.program).ends_with("_100");
    for (std::size_t i = 0; i < std::size(algorithms); ++i) {
      if (r.means[i] == 0) continue;
      const hunt_result found = hunted(r.program, algorithms[i], large ? seeds_if_large : seeds);
      const std::string what = std::string(r.program) + ' ' + algorithms[i];
      EXPECT_EQ(found.hits.size(), found.seeds) << what;
      if (found.seeds == 1) continue;  // no interval
      EXPECT_LE(found.mean() - found.half_width(), 1.25 * r.means[i]) << what;
    }
  }
}
TEST(hunt, strategies_are_as_good_as_published) {
  expect_published(in_this_build(100u, 10u), in_this_build(10u, 1u));
}
TEST(slow_hunt, strategies_are_as_good_as_published) { expect_published(400, 400); }

// Whatever the program, the portfolio is not far from the strategy that is best there.
TEST(hunt, the_portfolio_is_as_good_as_the_best) {
  double logarithms = 0;
  for (const published_row& r : published) {
    double best = std::numeric_limits<double>::infinity();
    for (const double mean : r.means)
      if (mean != 0) best = std::min(best, mean);
    constexpr unsigned seeds = in_this_build(100u, 3u);
    const hunt_result found = hunted(r.program, "portfolio", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << r.program;
    EXPECT_LE(found.mean(), 3 * best) << r.program;
    logarithms += std::log(found.mean() / best);
  }
  EXPECT_LE(std::exp(logarithms / std::size(published)), 1.5);
}

TEST(slow_hunt, safestack) {
  for (const auto& [strategy, mean] : {std::pair{"surw", 500'000}, {"portfolio", 2'000'000}}) {
    hunt_options o;
    o.strategy = strategy;
    o.seeds = 50;
    o.executions_max = 10'000'000;
    o.points_max = 1000;
    const hunt_result found = hunt(*make_program("safestack"), o);
    EXPECT_EQ(found.hits.size(), o.seeds) << strategy;
    EXPECT_LE(found.mean(), mean) << strategy;
  }
}

// Many steps in one order, of which most executions do not come to the second. A random walk takes
// 512 executions for chain_5; for the others whoever is best but frontier takes 2,000 and more.
TEST(hunt, one_order_of_all_is_found) {
  struct {
    const char* program;
    const char* strategy;
    double most;
  } const rows[] = {{"chain_5", "surw", 1'024},        {"chain_5", "frontier", 300},
                    {"chain_5", "portfolio", 800},     {"chain_9", "frontier", 1'300},
                    {"lockstep_3", "frontier", 400},   {"lockstep_3", "portfolio", 2'000},
                    {"lockstep_6", "frontier", 1'800}, {"order_6", "frontier", 1'200},
                    {"order_6", "portfolio", 4'000},   {"turns_2", "frontier", 1'200},
                    {"turns_2", "portfolio", 4'000}};
  constexpr unsigned seeds = in_this_build(50u, 3u);
  for (const auto& r : rows) {
    const hunt_result found = hunted(r.program, r.strategy, seeds);
    EXPECT_EQ(found.hits.size(), seeds) << r.program << ' ' << r.strategy;
    EXPECT_LE(found.mean() - found.half_width(), r.most) << r.program << ' ' << r.strategy;
  }
}

// Where a random walk is the best, the portfolio is within four times of it.
TEST(hunt, what_a_random_walk_finds_is_found) {
  constexpr unsigned seeds = in_this_build(50u, 3u);
  for (const char* program : {"aba_5", "aba_6"}) {
    const hunt_result walk = hunted(program, "random", seeds);
    const hunt_result found = hunted(program, "portfolio", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << program;
    EXPECT_LE(found.mean() - found.half_width(), 4 * walk.mean()) << program;
  }
}

TEST(hunt, feedback_does_not_mind_how_many_tasks_there_are) {
  for (const char* program : {"reorder_3", "reorder_10", "reorder_50", "reorder_100", "twostage",
                              "twostage_50", "twostage_100"}) {
    constexpr unsigned seeds = in_this_build(100u, 10u);
    const hunt_result found = hunted(program, "feedback", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << program;
    EXPECT_LE(found.mean() + found.half_width(), in_this_build(20, 25)) << program;
  }
}

TEST(hunt, the_portfolio_finds_every_bug) {
  for (const program_info& p : programs()) {
    const std::string_view family = p.name;
    const auto other_tests = {"safestack", "aba_", "chain_", "lockstep_", "order_", "turns_"};
    if (std::ranges::find(other_tests, family) != other_tests.end()) continue;
    const std::string name = p.size == 0 ? p.name : p.name + std::to_string(p.size + 3);
    constexpr unsigned seeds = in_this_build(20u, 5u);
    const hunt_result found = hunted(name.c_str(), "portfolio", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << name;
    EXPECT_LE(found.mean(), 60) << name;
  }
}

}  // namespace
}  // namespace iorace::bench
