// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/pair_witness.h"

#include <set>

#include <gtest/gtest.h>

#include "scheduler/strategies/random.h"
#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

// Three tasks that read and write each other's places.
toy_tasks tangled() {
  static char places[8];
  toy_tasks tasks(3);
  for (unsigned t = 0; t < 3; ++t)
    for (unsigned i = 0; i < 60; ++i)
      tasks[t].push_back({.place = &places[i * (t + 1) % 8],
                          .field = static_cast<std::uint16_t>(i * (t + 1) % 8 + 1),
                          .kind = i % 2 == t % 2 ? op_kind::write_once : op_kind::read_once});
  return tasks;
}

std::set<std::uint64_t> pairs_of(unsigned room_bits) {
  random_strategy inner;
  pair_witness witness(inner, room_bits);
  std::set<std::uint64_t> all;
  for (std::uint64_t number = 0; number < 20; ++number) {
    toy_run(witness, tangled(), {.number = number});
    for (const std::uint64_t pair : witness.take()) all.insert(pair);
  }
  return all;
}

// What a run counts may not depend on how much each of its workers can remember.
TEST(pair_witness, misses_nothing_when_its_room_is_used_up) {
  const std::set<std::uint64_t> all = pairs_of(16);
  EXPECT_GT(all.size(), 20u);
  EXPECT_EQ(pairs_of(4), all);
}

TEST(pair_witness, hands_out_a_pair_once_while_it_remembers) {
  random_strategy inner;
  pair_witness witness(inner);
  toy_run(witness, tangled(), {});
  EXPECT_FALSE(witness.take().empty());
  toy_run(witness, tangled(), {});
  EXPECT_TRUE(witness.take().empty());
}

}  // namespace
}  // namespace iorace::this_file
