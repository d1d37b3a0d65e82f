// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/reduce_program.h"

#include <cstring>

#include <gtest/gtest.h>

#include "fuzz/fake_test.h"
#include "fuzz/trace_file.h"

namespace iorace::this_file {
namespace {

program_data program_of(std::string_view text) {
  const auto t = parse_trace("iorace-trace 1\n" + std::string(text), fake::tables);
  EXPECT_TRUE(t) << t.error().in("t");
  return t->program;
}
std::string text_of(const program_data& p) {
  std::string text;
  print_program(p, text);
  return text;
}

bool has_call(const std::vector<call>& calls, std::string_view name) {
  for (const call& c : calls)
    if (c.flow->name == name) return true;
  return false;
}

constexpr const char* big =
    "knobs selftest_access.lock=spin notify.order=early\nlimits unmap_tries=3\n"
    "[setup]\nioas#1 = ioas_alloc() = 0\nioas#2 = ioas_alloc()\n"
    "area#1 = ioas_map(ioas#2, iova=0x17000, length=0x3000, prot=read)\n"
    "[cpu1]\nioas_unmap_all(ioas#1)\n"
    "[cpu2]\nioas#2.1 = ioas_alloc()\nioas_unmap(ioas#2.1, iova=0x10000, length=0x1234)\n"
    "[cpu3]\nioas_unmap(ioas#2, iova=0x15000, length=0x2000)\nioas_unmap_all(ioas#2.1)\n";

TEST(reduce_program, leaves_what_the_failure_needs) {
  // Fails while something is mapped in the setup and some task unmaps from 0x12000 on.
  const still_fails fails = [](const program_candidate& c) {
    if (!has_call(c.program.setup, "ioas_map")) return false;
    for (const task_data& t : c.program.tasks)
      for (const call& o : t.calls)
        if (std::strcmp(o.flow->name, "ioas_unmap") == 0 && o.args[1].value >= 0x12000) return true;
    return false;
  };
  reduction_counts counts;
  const program_candidate least = reduce_program(program_of(big), fails, &counts);
  EXPECT_EQ(text_of(least.program),
            "[setup]\narea#1 = ioas_map(none, iova=0x10000, length=0x1000)\n"
            "[cpu1]\nioas_unmap(none, iova=0x12000, length=0x1000)\n");
  EXPECT_TRUE(least.program.knobs.empty());
  EXPECT_TRUE(least.program.limits.empty());
  EXPECT_EQ(least.original, (std::vector<unsigned>{0, 3}));
  EXPECT_EQ(counts.tasks.kept, 2u);
  EXPECT_LT(counts.arguments.tried, 100u);
}

TEST(reduce_program, asks_about_valid_programs_and_once_each) {
  std::vector<std::uint64_t> asked;
  const still_fails fails = [&](const program_candidate& c) {
    EXPECT_TRUE(parse_trace("iorace-trace 1\n" + text_of(c.program), fake::tables))
        << text_of(c.program);
    EXPECT_EQ(c.original.size(), c.program.tasks.size() + 1);
    asked.push_back(hash_of(c.program));
    return asked.back() % 3 != 0;
  };
  reduce_program(program_of(big), fails);
  std::sort(asked.begin(), asked.end());
  EXPECT_TRUE(std::adjacent_find(asked.begin(), asked.end()) == asked.end());
}

TEST(reduce_program, keeps_a_program_that_cannot_shrink) {
  const program_data p = program_of(big);
  const program_candidate least = reduce_program(p, [](const program_candidate&) { return false; });
  EXPECT_EQ(hash_of(least.program), hash_of(p));
}

TEST(reduce_program, schedules_follow_their_tasks) {
  const auto s = parse_schedule(
      "cpu3 until f down_read ioas#3.1.iova_rwsem\ncpu2\ncpu1 until f read area#2.1.pages #2\n"
      "cpu1 until f read area#1.pages\ncpu3 until g read a#12.lock\nkworker1\n"
      "choose cpu3:f:site#1 1\nchoose cpu2:f:site#1 1\n");
  ASSERT_TRUE(s);
  program_data two;
  two.tasks.resize(2);
  EXPECT_EQ(to_text(with_tasks(*s, two, {0, 1, 3})),
            "cpu2 until f down_read ioas#2.1.iova_rwsem\n"
            "cpu1 until f read area#1.pages\ncpu2 until g read a#12.lock\nkworker1\n"
            "choose cpu2:f:site#1 1\n");
}

}  // namespace
}  // namespace iorace::this_file
