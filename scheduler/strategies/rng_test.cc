// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/rng.h"

#include <gtest/gtest.h>

namespace iorace::this_file {
namespace {

// Seeds are promises: these numbers may never change.
TEST(rng, the_same_seed_gives_the_same_numbers_for_ever) {
  std::uint64_t state = 0;
  EXPECT_EQ(splitmix(state), 0xe220a8397b1dcdafu);
  rng r(1);
  EXPECT_EQ(r.next(), 0xb3f2af6d0fc710c5u);
  EXPECT_EQ(r.next(), 0x853b559647364ceau);
}

TEST(rng, draws_are_bounded_and_reach_every_number) {
  rng r(42);
  unsigned seen[7] = {};
  for (int i = 0; i < 70000; ++i) {
    const std::uint32_t drawn = r.below(7);
    ASSERT_LT(drawn, 7u);
    ++seen[drawn];
  }
  for (unsigned n : seen) EXPECT_NEAR(n, 10000u, 500u);
  EXPECT_EQ(r.below(1), 0u);
}

TEST(rng, neighbouring_executions_have_nothing_in_common) {
  EXPECT_NE(execution_seed(0, 0), execution_seed(0, 1));
  EXPECT_NE(execution_seed(0, 1), execution_seed(1, 0));
  EXPECT_NE(rng(execution_seed(7, 1)).next(), rng(execution_seed(7, 2)).next());
}

}  // namespace
}  // namespace iorace::this_file
