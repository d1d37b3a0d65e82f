// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Numbers of traces that are known from the literature and from other tools (GenMC, Nidhugg), for
// programs of sequentially consistent atomics and of locks: exactly one execution each.
#include <gtest/gtest.h>

#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/counted_programs_test.h"
#include "scheduler/explore/verify.h"

namespace iorace::this_file {
namespace {

using namespace counted;

std::uint64_t traces(const program& p) {
  const verify_result all = verify(p, {});
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.blocked, 0u);
  EXPECT_EQ(all.earlier, 0u);
  return all.executions;
}

std::uint64_t traces(const std::vector<body>& cpus) { return traces(on_table(cpus)); }

const body get_x_y = [](table* t) { atomic_read(&t->x), atomic_read(&t->y); };
const body get_y_x = [](table* t) { atomic_read(&t->y), atomic_read(&t->x); };
const body set_y = [](table* t) { atomic_set(&t->y, 1); };

// The tutorial: store buffering.
TEST(verify_counts, litmus) {
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_read(&t->y); },
                    [](table* t) { atomic_set(&t->y, 1), atomic_read(&t->x); }}),
            3u)
      << "SB";
  EXPECT_EQ(traces({[](table* t) { atomic_read(&t->x), atomic_set(&t->y, 1); },
                    [](table* t) { atomic_read(&t->y), atomic_set(&t->x, 1); }}),
            3u)
      << "LB";
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_set(&t->y, 1); }, get_y_x}), 3u)
      << "MP";
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_set(&t->y, 2); },
                    [](table* t) { atomic_set(&t->y, 1), atomic_set(&t->x, 2); }}),
            3u)
      << "2+2W";
  EXPECT_EQ(traces({set_x, set_y, get_x_y, get_y_x}), 15u) << "IRIW";
  EXPECT_EQ(traces({set_x, [](table* t) { atomic_read(&t->x), atomic_set(&t->y, 1); }, get_y_x}),
            7u)
      << "WRC";
}

TEST(verify_counts, readers) {
  for (unsigned n = 1; n <= 12; ++n) {
    EXPECT_EQ(traces(readers(n)), 1u << n) << n;
    EXPECT_EQ(traces(readers(n, true)), 1u << n) << n << ", the writer last";
  }
}

TEST(verify_counts, writers) {
  for (unsigned n = 1, factorial = 1; n <= 6; ++n, factorial *= n)
    EXPECT_EQ(traces(writers(n)), factorial) << n;
}

TEST(verify_counts, last_zero) {
  for (int n = 2; n <= 10; ++n)
    EXPECT_EQ(traces(last_zero(n)), static_cast<std::uint64_t>(n + 3) << (n - 2)) << n;
}

// Long enough that the tree is deep and wide, and as exact.
TEST(verify_counts, hundreds_of_thousands) {
  EXPECT_EQ(traces(readers(in_this_build(18, 14))), in_this_build(262'144u, 16'384u));
  EXPECT_EQ(traces(last_zero(in_this_build(15, 12))), in_this_build(147'456u, 15'360u));
}

TEST(verify_counts, critical_sections) {
  EXPECT_EQ(traces(sections(2, 3)), 20u);
  EXPECT_EQ(traces(sections(3, 2)), 90u);
  EXPECT_EQ(traces(sections(3, 3)), 1680u);
}

TEST(verify_counts, indexer) {
  for (int n = 11; n <= 13; ++n)
    EXPECT_EQ(traces(indexer(n)), n == 11 ? 1u : n == 12 ? 8u : 64u) << n;
}

TEST(verify_counts, filesystem) {
  for (int n = 13; n <= 18; ++n) EXPECT_EQ(traces(filesystem(n)), 1u << (n - 13)) << n;
}

TEST(verify_counts, fib_bench) { EXPECT_EQ(traces(fib_bench(4)), 19'605u); }

TEST(verify_counts, deadlock01) {
  const auto nested = [](int first, int second) {
    return body([=](table* t) {
      mutex_lock(&t->locks[first]);
      mutex_lock(&t->locks[second]);
      t->v++;
      mutex_unlock(&t->locks[second]);
      mutex_unlock(&t->locks[first]);
    });
  };
  std::uint64_t deadlocks = 0;
  verify_options o;
  o.seen = [&](const engine& e) { deadlocks += e.last_finding().kind == verdict::deadlock; };
  const verify_result all = verify(on_table({nested(0, 1), nested(1, 0)}), o);
  EXPECT_EQ(all.executions, 3u);
  EXPECT_EQ(deadlocks, 1u);
  EXPECT_TRUE(all.complete);
}

}  // namespace
}  // namespace iorace::this_file
