// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/program_bytes.h"

#include <set>

#include <gtest/gtest.h>

#include "fuzz/fake_test.h"
#include "fuzz/mutate.h"
#include "fuzz/trace_file.h"

namespace iorace::this_file {
namespace {

fuzz_input input_of(std::string_view sections) {
  const auto t = parse_trace("iorace-trace 1\n" + std::string(sections), fake::tables);
  EXPECT_TRUE(t) << t.error().in("t");
  return {t->program, {}};
}

std::string sections_of(const program_data& p) {
  std::string text;
  print_program(p, text);
  return text;
}

TEST(program_bytes, a_program_and_its_schedule_are_a_few_bytes) {
  fuzz_input in =
      input_of("[setup]\nioas#1 = ioas_alloc()\n[cpu1]\nioas_unmap_all(ioas#1) = -ENOENT\n");
  in.schedule = {{{5, 1}}, {}};
  const std::vector<std::uint8_t> bytes = encode_input(in);
  const auto tag = [](unsigned i) { return flow_tag(fake::flows[i]); };
  const auto low = [](std::uint16_t t) { return static_cast<std::uint8_t>(t); };
  const auto high = [](std::uint16_t t) { return static_cast<std::uint8_t>(t >> 8); };
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{
                       1, 1, 0,                                   // version, one task, a CPU
                       1, low(tag(0)), high(tag(0)), 0,           // setup: ioas_alloc()
                       1, low(tag(3)), high(tag(3)), 1, 0, 1, 3,  // cpu1: unmap_all(ioas#1) = -2
                       1, 5, 1}));                                // one switch, no draws
  const fuzz_input again = decode_input(bytes, fake::tables);
  EXPECT_EQ(sections_of(again.program), sections_of(in.program));
  EXPECT_EQ(again.schedule, in.schedule);
  EXPECT_TRUE(is_canonical(bytes, fake::tables));
}

TEST(program_bytes, no_bytes_are_the_dullest_program) {
  EXPECT_EQ(decode_input({}, fake::tables).program.call_count(), 0u);
  EXPECT_TRUE(is_canonical({}, fake::tables));
  const std::vector<std::uint8_t> other{2, 1, 0};
  EXPECT_EQ(decode_input(other, fake::tables).program.task_count(), 0u);
  EXPECT_FALSE(is_canonical(other, fake::tables));
  EXPECT_EQ(encode_input({}), (std::vector<std::uint8_t>{1, 0, 0}));
}

TEST(program_bytes, variables_are_numbered_anew_and_agents_come_last) {
  const fuzz_input in = input_of(
      "[setup]\nioas_alloc()\nioas#7 = ioas_alloc()\n[cpu1]\nioas_unmap_all(ioas#7)\n[agent "
      "user3]\nuser_stalls()\n");
  EXPECT_EQ(
      sections_of(decode_input(encode_input(in), fake::tables).program),
      "[setup]\nioas#1 = ioas_alloc()\nioas#2 = ioas_alloc()\n[cpu1]\nioas_unmap_all(ioas#2)\n"
      "[agent user1]\nuser_stalls()\n");
}

TEST(program_bytes, any_bytes_are_a_valid_program) {
  dice d(7);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> bytes{1, static_cast<std::uint8_t>(d.below(4))};
    for (unsigned n = d.below(60); n != 0; --n)
      bytes.push_back(static_cast<std::uint8_t>(d.one_in(3) ? d.next() : d.below(4)));
    const fuzz_input in = decode_input(bytes, fake::tables);
    const auto text = "iorace-trace 1\n" + sections_of(in.program);
    const auto t = parse_trace(text, fake::tables);
    ASSERT_TRUE(t) << t.error().in("decoded") << "\n" << text;
    const std::vector<std::uint8_t> canonical = encode_input(in);
    ASSERT_TRUE(is_canonical(canonical, fake::tables)) << text;
    ASSERT_EQ(hash_of(decode_input(canonical, fake::tables).program), hash_of(in.program)) << text;
  }
}

TEST(program_bytes, tags_of_flows_differ) {
  std::set<std::uint16_t> tags;
  for (const kern::flow_info& f : fake::tables.flows)
    EXPECT_TRUE(tags.insert(flow_tag(f)).second) << f.name;
}

}  // namespace
}  // namespace iorace::this_file
