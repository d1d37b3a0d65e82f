// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/bytes.h"

#include <array>

#include <gtest/gtest.h>

namespace iorace::this_file {
namespace {

// A point at which the tasks of `set` (bit t) are enabled and `current` stopped.
struct point {
  std::uint64_t set;
  task_id current;
  choice_view view() const {
    return {nullptr, &set, 1, static_cast<unsigned>(__builtin_popcountll(set)), 8, current, 0};
  }
};

constexpr execution_options none;

TEST(bytes, a_switch_is_a_departure_from_the_dullest_schedule) {
  bytes_strategy dull{bytes_schedule{}};
  dull.begin(none);
  EXPECT_EQ(dull.pick(point{0b1110, no_task}.view()), 1) << "at the start, the lowest";
  EXPECT_EQ(dull.pick(point{0b1110, 2}.view()), 2) << "a task that can go on goes on";
  EXPECT_EQ(dull.pick(point{0b1010, 2}.view()), 1) << "one that cannot makes room for the lowest";
  EXPECT_EQ(dull.draw(1, "site", 5, draw_kind::choice), 0u);

  bytes_strategy s{bytes_schedule{{{1, 1}}, {7}}};
  for (int again = 0; again < 2; ++again) {
    s.begin(none);
    EXPECT_EQ(s.pick(point{0b0010, 1}.view()), 1) << "nobody else: does not count";
    EXPECT_EQ(s.pick(point{0b1110, 1}.view()), 1) << "passes";
    EXPECT_EQ(s.pick(point{0b1110, 1}.view()), 3) << "task 1 of {2, 3}";
    EXPECT_EQ(s.pick(point{0b1110, 3}.view()), 3);
    EXPECT_EQ(s.draw(1, "site", 5, draw_kind::choice), 2u) << "7 modulo 5";
    EXPECT_EQ(s.draw(1, "site", 5, draw_kind::choice), 0u);
  }
}

TEST(bytes, any_bytes_are_a_schedule) {
  EXPECT_EQ(decode_schedule({}), bytes_schedule{});
  const std::array<std::uint8_t, 3> cut{9, 0xff, 0xff};
  EXPECT_EQ(decode_schedule(cut), (bytes_schedule{{{0x3fff, 0}}, {}}));
  const std::array<std::uint8_t, 13> huge{1,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff, 0x7f, 2};
  EXPECT_EQ(decode_schedule(huge), (bytes_schedule{{{0xffffffff, 2}}, {}}));
}

TEST(bytes, writing_is_canonical) {
  const bytes_schedule s{{{0, 1}, {300, 0}}, {0, 4, 0, 0}};
  std::vector<std::uint8_t> bytes;
  encode_schedule(s, bytes);
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{2, 0, 1, 0xac, 2, 0, 0, 4}));
  EXPECT_EQ(decode_schedule(bytes), (bytes_schedule{{{0, 1}, {300, 0}}, {0, 4}}));
  bytes.clear();
  encode_schedule({}, bytes);
  EXPECT_TRUE(bytes.empty());
}

// Picks something different at every point.
struct restless final : strategy {
  std::uint32_t n = 0;
  void begin(const execution_options&) override {}
  task_id pick(const choice_view& view) override {
    for (auto t = static_cast<task_id>(1 + n++ * 5 % 7);; t = static_cast<task_id>(t % 7 + 1))
      if (view.is_enabled(t)) return t;
  }
  std::uint32_t draw(task_id, const char*, std::uint32_t m, draw_kind) override { return n++ % m; }
};

TEST(bytes, what_another_strategy_did_can_be_written_down) {
  std::vector<point> points;
  for (std::uint64_t i = 0; i < 200; ++i)
    points.push_back(
        {(i * 37 % 127 + 1) << 1, static_cast<task_id>(i % 9 == 0 ? no_task : 1 + i % 7)});

  restless inner;
  bytes_recorder recorder(inner);
  recorder.begin(none);
  std::vector<std::uint64_t> did;
  for (const point& p : points) {
    did.push_back(recorder.pick(p.view()));
    did.push_back(recorder.draw(1, "site", 3, draw_kind::fault));
  }
  std::vector<std::uint8_t> bytes;
  encode_schedule(recorder.schedule(), bytes);
  bytes_strategy again{std::span<const std::uint8_t>(bytes)};
  again.begin(none);
  std::vector<std::uint64_t> does;
  for (const point& p : points) {
    does.push_back(again.pick(p.view()));
    does.push_back(again.draw(1, "site", 3, draw_kind::fault));
  }
  EXPECT_EQ(did, does);
}

}  // namespace
}  // namespace iorace::this_file
