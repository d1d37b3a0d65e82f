// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/distinct.h"

#include <gtest/gtest.h>

#include "scheduler/strategies/rng.h"

namespace iorace::this_file {
namespace {

TEST(distinct_count, is_exact_while_there_is_room) {
  distinct_count d(100);
  for (std::uint64_t i = 0; i < 100; ++i) d.add(rng(i).next());
  for (std::uint64_t i = 0; i < 30; ++i) d.add(rng(i).next());
  EXPECT_TRUE(d.exact());
  EXPECT_EQ(d.count(), 100u);
  EXPECT_EQ(d.once(), 70u);
}

TEST(distinct_count, is_an_estimate_beyond_whatever_the_order) {
  distinct_count forth(1000), back(1000);
  for (std::uint64_t i = 0; i < 50'000; ++i) forth.add(rng(i).next());
  for (std::uint64_t i = 0; i < 20'000; ++i) forth.add(rng(i).next());
  for (std::uint64_t i = 20'000; i-- > 0;) back.add(rng(i).next());
  for (std::uint64_t i = 50'000; i-- > 0;) back.add(rng(i).next());
  EXPECT_FALSE(forth.exact());
  EXPECT_NEAR(static_cast<double>(forth.count()), 50'000, 5'000);
  EXPECT_NEAR(static_cast<double>(forth.once()), 30'000, 5'000);
  EXPECT_EQ(forth.count(), back.count());
  EXPECT_EQ(forth.once(), back.once());
}

}  // namespace
}  // namespace iorace::this_file
