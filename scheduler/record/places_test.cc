// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/places.h"

#include <gtest/gtest.h>

#include "scheduler/record/scene_test.h"

namespace iorace::this_file {
namespace {

// CPU1 calls f twice and then g; each takes the lock and reads v.
recording three_calls() {
  scene s;
  for (const char* label : {"f()", "f()", "g()"}) {
    s.call(1, label, true).call(1, "work");
    s.op(1, op_kind::mutex_lock, "x#1.lock").op(1, op_kind::read_once, "x#1.v", "0");
    s.op(1, op_kind::mutex_unlock, "x#1.lock").leave(1).leave(1);
  }
  return s.r;
}

std::string without(const std::string& plan, const char* label, std::size_t nth) {
  return to_text(without_call(*parse_schedule(plan), three_calls(), {"cpu1", label, nth}));
}

TEST(places, name_each_operation_of_a_task) {
  const std::vector<anchor> places = places_of(three_calls(), "cpu1");
  ASSERT_EQ(places.size(), 9u);
  EXPECT_EQ(to_text(places[1]), "work read_once x#1.v");
  EXPECT_EQ(to_text(places[8]), "work mutex_unlock x#1.lock #3");
  EXPECT_TRUE(places_of(three_calls(), "cpu2").empty());
  EXPECT_EQ(naturalness_of(three_calls(), "cpu1"),
            (std::vector<unsigned>{0, 2, 2, 0, 2, 2, 0, 2, 2}));
}

// An allocation is stopped at before there is an object to name.
TEST(places, of_allocations_have_no_object) {
  scene s;
  s.call(1, "work").op(1, op_kind::kmalloc, "x#1").op(1, op_kind::kmalloc, "x#2");
  EXPECT_EQ(to_text(places_of(s.r, "cpu1")[1]), "work kmalloc #2");
}

TEST(places, where_a_task_can_stop) {
  const auto stops = [](const char* place) {
    const std::vector<std::string> points = {"thing.v"};
    return can_stop_at(*parse_schedule(std::string("cpu1 until f ") + place)->segments[0].until,
                       points);
  };
  EXPECT_TRUE(stops("read_once x#1.w"));
  EXPECT_TRUE(stops("read x#1.v"));
  EXPECT_TRUE(stops("read x#2.1.v"));  // made by a task
  EXPECT_FALSE(stops("read x#1.w"));
  EXPECT_FALSE(stops("read x#1"));
}

TEST(places, behind_a_call_that_goes_are_counted_without_it) {
  EXPECT_EQ(without("cpu1 until work read_once x#1.v #3\n", "f()", 0),
            "cpu1 until work read_once x#1.v #2\n");
  EXPECT_EQ(without("cpu1 until work read_once x#1.v #3\n", "f()", 1),
            "cpu1 until work read_once x#1.v #2\n");
  EXPECT_EQ(without("cpu1 until work read_once x#1.v\n", "f()", 1),
            "cpu1 until work read_once x#1.v\n");
  // It was to stop there a fourth time, which it has not come to.
  EXPECT_EQ(without("cpu1 until work read_once x#1.v #4\n", "g()", 0),
            "cpu1 until work read_once x#1.v #3\n");
}

TEST(places, in_a_call_that_goes_become_the_next_one) {
  EXPECT_EQ(without("cpu1 until work mutex_unlock x#1.lock\n", "f()", 0),
            "cpu1 until work mutex_lock x#1.lock\n");
  EXPECT_EQ(without("cpu1 until work mutex_unlock x#1.lock #2\n", "f()", 1),
            "cpu1 until work mutex_lock x#1.lock #2\n");
  EXPECT_EQ(without("cpu1 until work read_once x#1.v #3\ncpu2\n", "g()", 0), "cpu1\ncpu2\n");
}

TEST(places, of_other_tasks_and_calls_are_left_alone) {
  const std::string plan =
      "cpu2 until work read_once x#1.v #3\ncpu1\nchoose cpu1:work:kmalloc#2 1\n";
  EXPECT_EQ(without(plan, "f()", 0), plan);
  EXPECT_EQ(without("cpu1 until work read_once x#1.v #3\n", "h()", 0),
            "cpu1 until work read_once x#1.v #3\n");
}

}  // namespace
}  // namespace iorace::this_file
