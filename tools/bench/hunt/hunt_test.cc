// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The score of the strategies, in small: published or simple bounds on executions until a known bug
// is found, averaged over seeds. The full table is the command's, see tools/README.md.
#include "tools/bench/hunt/hunt.h"

#include <cmath>

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

// Each mean is that of a plain implementation of its algorithm, within 1.25 (95% interval).
TEST(hunt, strategies_are_as_good_as_published) {
  struct row {
    const char* program;
    const char* strategy;
    double mean;
  };
  for (const row& r : {row{"account", "random", 8}, row{"account", "urw", 3.5},
                       row{"account", "surw", 5.6}, row{"bluetooth_driver", "pos", 15.3},
                       row{"reorder_3", "pct:3", 22.9}, row{"reorder_3", "pos", 17.3},
                       row{"reorder_3", "urw", 10.9}, row{"reorder_10", "surw", 20.4},
                       row{"twostage", "pct:3", 7.8}, row{"wronglock", "surw", 3.3}}) {
    constexpr unsigned seeds = in_this_build(100u, 10u);
    const hunt_result found = hunted(r.program, r.strategy, seeds);
    EXPECT_EQ(found.hits.size(), seeds) << r.program << ' ' << r.strategy;
    EXPECT_LE(found.mean() - found.half_width(), 1.25 * r.mean) << r.program << ' ' << r.strategy;
  }
}

TEST(hunt, feedback_does_not_mind_how_many_tasks_there_are) {
  for (const char* program : {"reorder_3", "reorder_10", "reorder_50", "twostage", "twostage_50"}) {
    constexpr unsigned seeds = in_this_build(30u, 10u);
    const hunt_result found = hunted(program, "feedback", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << program;
    EXPECT_LE(found.mean() + found.half_width(), 25) << program;
  }
}

TEST(hunt, the_portfolio_finds_every_bug) {
  for (const program_info& p : programs()) {
    if (std::string_view(p.name) == "safestack") continue;
    const std::string name = p.size == 0 ? p.name : p.name + std::to_string(p.size + 3);
    constexpr unsigned seeds = in_this_build(20u, 5u);
    const hunt_result found = hunted(name.c_str(), "portfolio", seeds);
    EXPECT_EQ(found.hits.size(), seeds) << name;
    EXPECT_LE(found.mean(), 60) << name;
  }
}

}  // namespace
}  // namespace iorace::bench
