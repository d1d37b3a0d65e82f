// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/mutate.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "fuzz/fake_test.h"
#include "fuzz/trace_file.h"
#include "scheduler/engine/this_build_test.h"

namespace iorace::this_file {
namespace {

std::string text_of(const program_data& p) {
  std::string text = "iorace-trace 1\n";
  print_program(p, text);
  return text;
}

// The calls of all tasks with the numbers of variables left out: inserting a call renumbers.
std::vector<std::string> calls_of(const program_data& p) {
  std::vector<std::string> calls;
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (const call& c : p.calls_of(t)) {
      call plain = c;
      plain.result = 0;
      for (std::size_t a = 0; a < arg_count(c); ++a) plain.args[a].object = {};
      calls.push_back(call_text(plain, t));
    }
  std::sort(calls.begin(), calls.end());
  return calls;
}

template <class T>
std::size_t odd_ones(std::vector<T> a, std::vector<T> b) {
  std::vector<T> odd;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(odd));
  return odd.size();
}

// How much a child differs: a call more or less, an argument, a switch, a draw count 1 each.
std::size_t distance(const fuzz_input& a, const fuzz_input& b) {
  std::size_t n = 0;
  const std::size_t odd = odd_ones(calls_of(a.program), calls_of(b.program));
  n += a.program.call_count() == b.program.call_count() ? odd / 2 : odd;
  if (odd == 0 && hash_of(a.program) != hash_of(b.program)) n += 1;
  const auto& x = a.schedule.switches;
  const auto& y = b.schedule.switches;
  if (x.size() == y.size()) {
    for (std::size_t i = 0; i < x.size(); ++i) n += x[i] != y[i];
  } else {
    n += std::max(x.size(), y.size()) - std::min(x.size(), y.size());
  }
  auto v = a.schedule.draws, w = b.schedule.draws;
  v.resize(std::max(v.size(), w.size()));
  w.resize(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) n += v[i] != w[i];
  return n;
}

TEST(mutate, grows_programs_out_of_nothing) {
  dice d(3);
  fuzz_input in;
  std::map<std::string, int> seen;
  for (int i = 0; i < 3000; ++i) {
    in = mutate(in, fake::tables, d);
    ASSERT_TRUE(parse_trace(text_of(in.program), fake::tables)) << text_of(in.program);
    for (unsigned t = 0; t <= in.program.task_count(); ++t)
      for (const call& c : in.program.calls_of(t)) ++seen[c.flow->name];
    ASSERT_LE(in.program.call_count(), mutation_limits{}.calls);
    ASSERT_LE(in.program.task_count(), mutation_limits{}.tasks);
  }
  EXPECT_EQ(seen.size(), 6u) << "every flow, but for the agent's";
}

// How many of `all` mutants differ from their parents in one thing.
int differing_in_one(const schema& s, int all) {
  dice d(5);
  fuzz_input parent;
  int ones = 0;
  for (int i = 0; i < all; ++i) {
    std::vector<std::uint8_t> bytes = encode_input(parent);
    const std::size_t size = bytes.size();
    bytes.resize(4096);
    bytes.resize(mutate_bytes(bytes.data(), size, bytes.size(), static_cast<unsigned>(i), s));
    EXPECT_TRUE(is_canonical(bytes, s));
    const fuzz_input child = decode_input(bytes, s);
    ones += distance(parent, child) == 1 ? 1 : 0;
    if (d.one_in(2)) parent = child;
    if (d.one_in(200)) parent = {};
  }
  return ones;
}

TEST(mutate, changes_one_thing) {
  constexpr int all = in_this_build(20'000, 2'000);
  EXPECT_GE(differing_in_one(fake::tables, all) * 100, 95 * all);
  EXPECT_GE(differing_in_one(kernel_schema(), all) * 100, 95 * all);
}

TEST(mutate, the_same_seed_gives_the_same_mutant) {
  std::vector<std::uint8_t> a(100), b(100);
  for (unsigned seed = 0; seed < 50; ++seed)
    ASSERT_EQ(mutate_bytes(a.data(), 0, 100, seed, fake::tables),
              mutate_bytes(b.data(), 0, 100, seed, fake::tables));
  EXPECT_EQ(a, b);
}

TEST(mutate, keeps_within_the_size_that_there_is) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::vector<std::uint8_t> bytes{1, 0, 0};
    EXPECT_LE(mutate_bytes(bytes.data(), 3, 3, seed, fake::tables), 3u);
  }
}

TEST(mutate, crossing_gives_valid_programs) {
  dice d(9);
  std::vector<fuzz_input> all(30);
  for (fuzz_input& in : all)
    for (int i = 0; i < 30; ++i) in = mutate(in, fake::tables, d);
  unsigned of_both = 0;
  for (unsigned i = 0; i < 3000; ++i) {
    const fuzz_input& a = d.of(all);
    const fuzz_input& b = d.of(all);
    std::vector<std::uint8_t> out(4096);
    const auto x = encode_input(a), y = encode_input(b);
    out.resize(cross_bytes(x, y, out.data(), out.size(), i, fake::tables));
    ASSERT_TRUE(is_canonical(out, fake::tables));
    const program_data p = decode_input(out, fake::tables).program;
    ASSERT_TRUE(parse_trace(text_of(p), fake::tables)) << text_of(p);
    of_both += out != x && out != y ? 1 : 0;
  }
  EXPECT_GT(of_both, 1500u);
}

}  // namespace
}  // namespace iorace::this_file
