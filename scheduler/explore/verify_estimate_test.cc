// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a search that ends early says of what it did not see, and what a search keeps in memory.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/counted_programs_test.h"
#include "scheduler/explore/random_program_test.h"
#include "scheduler/explore/verify.h"

namespace iorace::this_file {
namespace {

struct named {
  std::string name;
  program p;
};

std::vector<named> estimated() {
  std::vector<named> all = {
      {"readers", counted::readers(12)},         {"writers", counted::writers(6)},
      {"last_zero", counted::last_zero(10)},     {"sections 3x3", counted::sections(3, 3)},
      {"sections 2x6", counted::sections(2, 6)}, {"counters", counted::counters(4, 2)},
      {"indexer", counted::indexer(14)},         {"filesystem", counted::filesystem(22)},
      {"fib_bench", counted::fib_bench(4)}};
  for (const char* text :
       {"[ set_x get_y inc_x get_x ] [ swap_x set_y get_x inc_x ] [ get_x set_x get_y ]",
        "[ lock_a inc_x lock_a read_lock get_x ] [ write_lock set_x try_read inc_x ] [ inc_x get_x "
        "write_lock set_x ]",
        "[ ref_get ref_put ref_last ] [ ref_put ref_get ref_set ] [ ref_get ref_put ]",
        "[ choose_3 inc_x get_x ] [ choose_2 inc_x get_x ] [ inc_x swap_x ]"})
    all.push_back({text, random_program_from(text).runnable()});
  return all;
}

TEST(verify_estimate, is_within_ten_times_after_a_tenth) {
  unsigned good = 0, programs = 0;
  for (const named& n : estimated()) {
    verify_options o;
    o.points = verify(n.p, o).promoted;
    const verify_result all = verify(n.p, o);
    ASSERT_TRUE(all.complete) << n.name;
    EXPECT_EQ(all.estimate, static_cast<double>(all.executions)) << n.name;
    ASSERT_GE(all.executions, 50u) << n.name;
    o.executions_max = all.executions / 10;
    const verify_result part = verify(n.p, o);
    EXPECT_FALSE(part.complete) << n.name;
    EXPECT_GE(part.estimate, static_cast<double>(part.executions)) << n.name;
    const double times = part.estimate / static_cast<double>(all.executions);
    std::printf("%.2f times %llu: %s\n", times, static_cast<unsigned long long>(all.executions),
                n.name.c_str());
    good += times > 0.1 && times < 10;
    ++programs;
  }
  EXPECT_GE(programs, 10u);
  EXPECT_GE(good * 10, programs * 8);
}

// Each reversal on the way from the root keeps the events that its execution has behind the place
// where it departs, and the reversals that are still to come: polynomial in the events of an
// execution, below their cube here, while traces double or worse from each program to the
// next.
TEST(verify_estimate, memory_is_polynomial) {
  const auto expect_below_cube = [](const program& p, std::size_t events) {
    verify_options o;
    o.executions_max = in_this_build(20'000, 2'000);
    const verify_result all = verify(p, o);
    EXPECT_LE(all.tree, events * events * events) << events;
    EXPECT_GE(all.tree, events);
  };
  for (std::size_t n = 2; n <= 14; ++n) {
    expect_below_cube(counted::readers(n), n + 1);
    expect_below_cube(counted::writers(n), n);
    expect_below_cube(counted::last_zero(static_cast<int>(n)), 3 * n + 1);
    expect_below_cube(counted::sections(3, static_cast<int>(n)), 6 * n);
    expect_below_cube(counted::counters(2, static_cast<int>(n)), 2 * n);
  }
}

}  // namespace
}  // namespace iorace::this_file
