// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/schedule.h"

#include <gtest/gtest.h>

namespace iorace::this_file {
namespace {

// The first lines that this project ever wrote about a schedule: CPU3 stops short of a lock, CPU1
// short of the second of two reads, then everybody runs to the end.
TEST(schedule, is_text_that_a_person_can_write) {
  const std::string_view text =
      "cpu3 until iommufd_access_unpin_pages down_read ioas#1.iova_rwsem\n"
      "cpu1 until iopt_unmap_iova_range read area#1.num_accesses #2\n"
      "cpu3\n"
      "cpu2\n"
      "cpu1\n"
      "choose cpu1:iopt_alloc_area:kmalloc#1 1\n";
  const auto s = parse_schedule(text);
  ASSERT_TRUE(s.has_value()) << s.error().in("here");
  ASSERT_EQ(s->segments.size(), 5u);
  EXPECT_EQ(s->segments[0].task, "cpu3");
  EXPECT_EQ(s->segments[0].until->function, "iommufd_access_unpin_pages");
  EXPECT_EQ(s->segments[0].until->kind, op_kind::down_read);
  EXPECT_EQ(s->segments[0].until->place, "ioas#1.iova_rwsem");
  EXPECT_EQ(s->segments[1].until->occurrence, 2u);
  EXPECT_FALSE(s->segments[2].until.has_value());
  EXPECT_EQ(s->choices[0].value, 1u);
  EXPECT_EQ(s->switches(), 4u);
  EXPECT_EQ(to_text(*s), text);
}

TEST(schedule, forgives_what_editors_and_mailers_do) {
  const auto s = parse_schedule(
      "# who goes first\r\n\r\n\tcpu1   until f mutex_lock   a#1.lock #1   # the outer "
      "one\r\ncpu2");
  ASSERT_TRUE(s.has_value()) << s.error().in("here");
  EXPECT_EQ(to_text(*s), "cpu1 until f mutex_lock a#1.lock\ncpu2\n");
}

TEST(schedule, an_operation_may_have_no_object_and_no_function) {
  const std::string text = "cpu1 until - choose #3\ncpu1 until main create\n";
  const auto s = parse_schedule(text);
  ASSERT_TRUE(s.has_value()) << s.error().in("here");
  EXPECT_EQ(s->segments[0].until->place, "");
  EXPECT_EQ(to_text(*s), text);
}

TEST(schedule, errors_say_where_what_and_what_was_expected) {
  const struct {
    const char* in;
    const char* error;
  } cases[] = {
      {"cpu1\ncpu1 until f dwn_read a#1\n",
       "t:2:14: unknown operation 'dwn_read', expected one such as 'down_read'"},
      {"cpu1 untl f", "t:1:6: unexpected 'untl', expected 'until' or the end of the line"},
      {"cpu1 until", "t:1:12: the line ends here, expected a function"},
      {"cpu1 until f", "t:1:14: the line ends here, expected an operation such as 'mutex_lock'"},
      {"cpu1 until f read a#1.v #0",
       "t:1:25: '#0' is not an occurrence, expected '#1' to '#4294967295'"},
      {"cpu1 until f read a#1.v #99999999999",
       "t:1:25: '#99999999999' is not an occurrence, expected '#1' to '#4294967295'"},
      {"cpu1 until f read a#1.v #2 x", "t:1:28: 'x' is left over, expected the end of the line"},
      {"cpu1 until f read a#1.v b#1", "t:1:25: 'b#1' is left over, expected the end of the line"},
      {"1", "t:1:1: '1' is not the name of a task, expected 'cpu1' or 'choose'"},
      {"cpu1 until f\x01g read", "t:1:13: byte 0x01, expected printable ASCII"},
      {"choose", "t:1:8: the line ends here, expected a choice such as 'cpu1:function:site#1'"},
      {"choose cpu1", "t:1:8: 'cpu1' is not a choice, expected 'TASK:FUNCTION:SITE#K'"},
      {"choose cpu1:f:s#1", "t:1:19: the line ends here, expected the number that is chosen"},
      {"choose cpu1:f:s#1 -1", "t:1:19: '-1' is not a number from 0 to 4294967295"},
      {"choose a:f:s#1 1\nchoose a:f:s#1 2", "t:2:8: 'a:f:s#1' is chosen twice, expected one line"},
      {"choose cpu1:f:s#1 1 2", "t:1:21: '2' is left over, expected the end of the line"},
  };
  for (const auto& c : cases) {
    const auto s = parse_schedule(c.in);
    ASSERT_FALSE(s.has_value()) << c.in;
    EXPECT_EQ(s.error().in("t"), c.error);
  }
}

TEST(schedule, rubbish_is_cut_in_messages) {
  const auto s = parse_schedule("cpu1 " + std::string(100000, 'x'));
  ASSERT_FALSE(s.has_value());
  EXPECT_LT(s.error().what.size(), 120u);
}

TEST(schedule, choice_sites_split_into_what_they_were_made_of) {
  const std::string site = choice_site("cpu1", "", "wake up:who#7", 12);
  EXPECT_EQ(site, "cpu1:-:wake_up:who#7#12");
  const auto parts = split_choice_site(site);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->task, "cpu1");
  EXPECT_EQ(parts->function, "-");
  EXPECT_EQ(parts->site, "wake_up:who#7");
  EXPECT_EQ(parts->occurrence, 12u);
  for (const char* bad :
       {"", ":", "::#1", "a:b:c", "a:b:#1", "a::c#1", "a:b#1", "a:b:c#0", "a:b:c#x"})
    EXPECT_FALSE(split_choice_site(bad).has_value()) << bad;
}

TEST(schedule, staying_with_a_task_is_no_switch) {
  const struct schedule nothing;
  EXPECT_EQ(nothing.switches(), 0u);
  EXPECT_EQ(parse_schedule("cpu1 until f read a#1.v\ncpu1\ncpu2\n")->switches(), 1u);
}

}  // namespace
}  // namespace iorace::this_file
