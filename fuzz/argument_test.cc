// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/argument.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "fuzz/fake_test.h"

namespace iorace::this_file {
namespace {

constexpr variable setup_made{0, 1}, task_made{2, 3};

const kern::arg_info& arg(unsigned flow, unsigned index) { return fake::flows[flow].args[index]; }
// One of each kind: ioas, iova, length, uptr, prot (flags), mode (choice).
std::vector<const kern::arg_info*> kinds() {
  return {&arg(1, 0), &arg(1, 1), &arg(1, 2), &arg(1, 3), &arg(1, 4), &arg(5, 2)};
}

struct context {
  std::vector<variable> objects{setup_made, task_made};
  std::vector<std::uint64_t> used{0x12345000};
  operator arg_context() const { return {objects, used}; }
};

TEST(argument, every_kind_knows_its_ways) {
  const kern::arg_info& ioas = arg(1, 0);
  const arg_ways& w = ways(ioas.kind);
  const auto a = w.parse(ioas, "ioas#2.3");
  ASSERT_TRUE(a) << a.error();
  EXPECT_EQ(a->object, task_made);
  std::string text;
  w.print(ioas, *a, text);
  EXPECT_EQ(text, "ioas#2.3");
  EXPECT_EQ(w.interesting(ioas, context{}).size(), 3u) << "both variables, and none";
  EXPECT_EQ(w.shrink(ioas, *a, context{}), (std::vector<argument>{{0, setup_made}}));
}

TEST(argument, what_is_printed_is_parsed) {
  for (const kern::arg_info* info : kinds())
    for (const argument& a : ways(info->kind).interesting(*info, context{})) {
      std::string text;
      ways(info->kind).print(*info, a, text);
      const auto again = ways(info->kind).parse(*info, text);
      ASSERT_TRUE(again) << info->name << ": " << again.error();
      EXPECT_EQ(*again, a) << info->name << " " << text;
    }
}

TEST(argument, what_is_encoded_is_decoded) {
  for (const kern::arg_info* info : kinds())
    for (const argument& a : ways(info->kind).interesting(*info, context{})) {
      std::vector<std::uint8_t> bytes;
      ways(info->kind).encode(a, bytes);
      byte_reader in(bytes);
      EXPECT_EQ(ways(info->kind).decode(in), a) << info->name;
      EXPECT_TRUE(in.at_end());
    }
}

TEST(argument, mutation_changes_and_meets_what_others_use) {
  dice d(1);
  for (const kern::arg_info* info : kinds()) {
    argument a{info->kind == kern::arg_kind::object ? 0 : info->dull, {}};
    std::set<std::uint64_t> seen;
    unsigned same = 0;
    for (int i = 0; i < 300; ++i) {
      const argument b = ways(info->kind).mutate(*info, a, context{}, d);
      same += b == a ? 1 : 0;
      seen.insert(b.value);
      a = b;
    }
    EXPECT_LE(same, 3u) << info->name;
    const bool number = info->kind == kern::arg_kind::iova ||
                        info->kind == kern::arg_kind::length || info->kind == kern::arg_kind::uptr;
    EXPECT_TRUE(!number || seen.contains(0x12345000)) << info->name;
  }
}

TEST(argument, shrinking_ends) {
  for (const kern::arg_info* info : kinds())
    for (argument a : ways(info->kind).interesting(*info, context{})) {
      // The worst predicate: it takes the least simple candidate that there is.
      int steps = 0;
      for (; steps < 1000; ++steps) {
        const std::vector<argument> simpler = ways(info->kind).shrink(*info, a, context{});
        if (simpler.empty()) break;
        EXPECT_TRUE(std::find(simpler.begin(), simpler.end(), a) == simpler.end());
        a = simpler.back();
      }
      EXPECT_LT(steps, 200) << info->name;
      EXPECT_TRUE(info->kind == kern::arg_kind::object || a.value == info->dull) << info->name;
    }
}

}  // namespace
}  // namespace iorace::this_file
