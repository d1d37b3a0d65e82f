// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where a search ends: it is complete if nothing was left, and only then.
#include <string>

#include <gtest/gtest.h>

#include "scheduler/engine/tasks.h"
#include "scheduler/explore/counted_programs_test.h"
#include "scheduler/explore/random_program_test.h"
#include "scheduler/explore/verify.h"

namespace iorace::this_file {
namespace {

// n writers, each of which draws a number before anybody moves: a tree for each way to draw.
program drawing_writers(std::size_t n) {
  return counted::on_table(std::vector<counted::body>(n, [](counted::table* t) {
    choose("before", 3);
    counted::set_x(t);
  }));
}

verify_result verify_at_most(const program& p, std::uint64_t executions,
                             std::vector<std::string> points) {
  verify_options o;
  o.executions_max = executions;
  o.points = std::move(points);
  return verify(p, o);
}

// The tutorial: as many executions as there are may be as many as are allowed.
TEST(verify_end, the_last_execution_completes_a_search) {
  const program programs[] = {
      counted::readers(1),
      counted::writers(4),
      counted::sections(2, 3),
      drawing_writers(1),
      drawing_writers(2),
      random_program_from("[ choose_3 inc_x get_x ] [ choose_2 inc_x ] [ swap_x ]").runnable()};
  for (const program& p : programs) {
    const verify_result all = verify(p, {});
    ASSERT_TRUE(all.complete);
    SCOPED_TRACE(all.executions);
    ASSERT_GE(all.executions, 2u);
    for (std::uint64_t n = 1; n <= all.executions + 1; ++n) {
      const verify_result some = verify_at_most(p, n, all.promoted);
      EXPECT_EQ(some.complete, n >= all.executions) << n;
      EXPECT_EQ(some.executions, std::min(n, all.executions)) << n;
      EXPECT_GE(some.estimate, static_cast<double>(some.executions)) << n;
      EXPECT_FALSE(some.stopped) << n;
      EXPECT_EQ(some.digest == all.digest, some.complete) << n;
    }
  }
}

TEST(verify_end, nobody_is_asked_whether_to_stop_behind_the_last_execution) {
  std::uint64_t executions = 0;
  verify_options o;
  o.seen = [&](const engine&) { ++executions; };
  o.stop = [&](const verify_progress&) { return executions == 24; };
  const verify_result all = verify(counted::writers(4), o);
  EXPECT_TRUE(all.complete);
  EXPECT_FALSE(all.stopped);
}

// Fields become points where they race. Who does not look for races has to name them.
TEST(verify_end_death, races_are_looked_for_or_points_are_given) {
  verify_options o;
  o.each.detect_races = false;
  const program p = counted::sections(2, 1);
  EXPECT_DEATH(verify(p, o), "expected detect_races or points");
  o.points = {"table.v"};
  EXPECT_TRUE(verify(p, o).complete);
}

}  // namespace
}  // namespace iorace::this_file
