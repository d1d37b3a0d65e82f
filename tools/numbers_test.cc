// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iorace::cli::this_file {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(numbers, seeds_as_people_type_them) {
  EXPECT_EQ(parse_seed("42"), 42u);
  EXPECT_EQ(parse_seed("0x5eed"), 0x5eedu);
  EXPECT_EQ(parse_seed("0xffffffffffffffff"), ~std::uint64_t{0});
  const auto hash = parse_seed("44dcee03618c654000000000000000000000abcd");
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash, parse_seed("44DCEE03618C654000000000000000000000ABCD"));
  EXPECT_NE(hash, parse_seed("44dcee03618c654000000000000000000000abce"));
  EXPECT_TRUE(parse_seed(std::string(64, 'a')));
}

TEST(numbers, seeds_that_are_none) {
  for (const std::string text :
       {"", "x", "-1", "+1", " 1", "1 ", "0x", "0x1ffffffffffffffff", "18446744073709551616", "1.5",
        "44dcee03618c654000000000000000000000abcg"}) {
    const auto seed = parse_seed(text);
    ASSERT_FALSE(seed) << text;
    EXPECT_THAT(seed.error(), HasSubstr("expected")) << text;
  }
  EXPECT_FALSE(parse_seed(std::string(39, 'a')));
}

TEST(numbers, ranges_of_seeds) {
  const auto one = parse_seeds("7");
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->many);
  EXPECT_EQ(one->first, 7u);
  EXPECT_EQ(one->last, 7u);
  const auto many = parse_seeds("1..0x10");
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->many);
  EXPECT_EQ(many->last, 16u);
  EXPECT_EQ(many->text, "1..0x10");
  EXPECT_TRUE(parse_seeds("3..3"));
  for (const char* text : {"2..1", "1..", "..1", "1...2", ".."}) EXPECT_FALSE(parse_seeds(text));
}

TEST(numbers, counts_have_bounds) {
  EXPECT_EQ(parse_count("256", 1, 256), 256u);
  EXPECT_FALSE(parse_count("0", 1, 256));
  EXPECT_FALSE(parse_count("257", 1, 256));
  EXPECT_EQ(parse_count("257", 1, 256).error(), "'257' is out of range, expected 1 to 256");
}

TEST(numbers, durations) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("10"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  for (const char* text : {"", "s", "0s", "-1s", "1d", "1.5s", "10001h", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace iorace::cli::this_file
