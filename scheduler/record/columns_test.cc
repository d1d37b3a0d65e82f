// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/columns.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "scheduler/record/scene_test.h"
#include "scheduler/record/steps_text.h"

namespace iorace::this_file {
namespace {

// Compares with scheduler/record/testdata/<name>; IORACE_UPDATE=1 rewrites it.
void expect_golden(const std::string& name, const std::string& drawn) {
  const std::string text = "# SPDX-License-Identifier: GPL-2.0-only OR MIT\n" + drawn;
  const std::string path = std::string(IORACE_SOURCE_DIR "/scheduler/record/testdata/") + name;
  if (const char* update = std::getenv("IORACE_UPDATE"); update != nullptr && *update == '1')
    std::ofstream(path) << text;
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(golden.str(), text) << path;
}

// The use-after-free that syzbot found and 804ca14d04df fixed, as the style guide draws it.
recording unmap_race() {
  using enum op_kind;
  scene s;
  s.call(3, "access_pin_pages(access#1, iova=0x10000, length=0x2000)", true)
      .call(3, "iommufd_access_pin_pages")
      .op(3, down_read, "ioas#1.iova_rwsem")
      .call(3, "iopt_area_add_access")
      .op(3, write, "area#1.num_accesses", "1", "0")
      .leave(3)
      .op(3, up_read, "ioas#1.iova_rwsem")
      .leave(3)
      .leave(3);
  s.call(1, "ioas_unmap(ioas#1, iova=0x10000, length=0x2000)", true)
      .call(1, "iopt_unmap_iova_range")
      .op(1, down_read, "ioas#1.domains_rwsem")
      .op(1, down_write, "ioas#1.iova_rwsem")
      .op(1, read, "area#1.num_accesses", "1")
      .op(1, write, "area#1.prevent_access", "1", "0")
      .op(1, up_write, "ioas#1.iova_rwsem")
      .op(1, up_read, "ioas#1.domains_rwsem");
  s.call(3, "access_unpin_pages(access#1, iova=0x10000, length=0x2000)", true)
      .call(3, "iommufd_access_unpin_pages")
      .op(3, down_read, "ioas#1.iova_rwsem")
      .call(3, "iopt_area_remove_access")
      .op(3, write, "area#1.num_accesses", "0", "1")
      .leave(3)
      .op(3, up_read, "ioas#1.iova_rwsem");
  s.call(2, "ioas_unmap(ioas#1, iova=0x10000, length=0x2000)", true)
      .call(2, "iopt_unmap_iova_range")
      .op(2, down_read, "ioas#1.domains_rwsem")
      .op(2, down_write, "ioas#1.iova_rwsem")
      .op(2, read, "area#1.num_accesses", "0")
      .op(2, write, "area#1.pages", "NULL")
      .op(2, up_write, "ioas#1.iova_rwsem")
      .call(2, "iopt_abort_area")
      .op(2, kfree, "area#1");
  s.op(1, read, "area#1.num_accesses");
  s.r.end = {.name = "use-after-free",
             .title = "use-after-free: iopt_unmap_iova_range v iopt_abort_area",
             .detail = "read of area#1.num_accesses",
             .at = 19,
             .other = 18,
             .task = "cpu1",
             .other_task = "cpu2"};
  return s.r;
}

constexpr std::string_view prefixes[] = {"iommufd_"};

// Read it from top to bottom: time goes down, each CPU has a column, and the last line says what
// went wrong, naming the steps on its two sides.
TEST(columns, draw_a_race_as_in_a_mail) {
  expect_golden("unmap_race.columns", columns(unmap_race(), {.prefixes = prefixes}));
}

TEST(columns, full_leaves_nothing_out) {
  expect_golden("unmap_race_full.columns", columns(unmap_race(), {.full = true}));
}

TEST(columns, three_cpus_fit_into_80_characters) {
  for (const bool full : {false, true}) {
    std::istringstream lines(columns(unmap_race(), {.full = full}));
    std::string last;
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
      for (char c : line) EXPECT_TRUE(c >= ' ' && c <= '~');
      last = line;
    }
    EXPECT_EQ(last, "  *** use-after-free: area#1, freed by CPU2 (18), read by CPU1 (19) ***");
  }
}

TEST(columns, what_no_overlapping_call_could_notice_is_put_together) {
  using enum op_kind;
  scene s;
  s.call(1, "create");
  for (int i = 0; i < 36; ++i) s.op(1, write, "a#1.v", "1");
  s.leave(1).call(1, "pin").op(1, mutex_lock, "a#1.lock");
  for (const char* field : {"one", "two", "three", "four"})
    s.op(1, read, std::string("a#1.") + field, "0");
  s.op(1, write, "a#1.pins", "1", "0");
  s.call(2, "unmap").op(2, read, "a#1.v", "1").op(2, read, "a#1.pins", "1");
  s.r.pending.push_back({.number = 0,
                         .task = 1,
                         .kind = mutex_unlock,
                         .frame = s.inside[1],
                         .object = "a#1",
                         .field = "lock",
                         .value = "",
                         .before = ""});
  s.r.end = {.name = "pin-survives-unmap",
             .title = "pin-survives-unmap: unmap v pin",
             .detail = "one pin is left",
             .at = 0,
             .other = 0,
             .task = "cpu2",
             .other_task = "cpu1"};
  expect_golden("together.columns", columns(s.r));
}

// CPU2 wants a lock that CPU1 holds; a writer whom nobody keeps waiting has one row; the heading of
// an inner function holds until it is left.
TEST(columns, say_who_waits_and_for_what) {
  using enum op_kind;
  scene s;
  s.call(1, "fill");
  for (int i = 0; i < 40; ++i) s.op(1, write, "a#1.w", "1");
  s.leave(1).call(1, "pin").op(1, mutex_lock, "a#1.lock");
  s.call(2, "unmap").op(2, down_write_arrive, "a#1.sem").op(2, down_write, "a#1.sem");
  s.op(2, read, "a#1.pins", "0").op(2, up_write, "a#1.sem");
  s.op(1, down_write_arrive, "a#1.sem").op(1, down_write, "a#1.sem");
  s.op(1, write, "a#1.pins", "1", "0").op(1, up_write, "a#1.sem");
  s.call(1, "record").op(1, warn_on, "").call(1, "add").op(1, write, "a#1.items", "1", "0");
  s.leave(1).leave(1).op(1, mutex_unlock, "a#1.lock");
  s.call(2, "callback").op(2, mutex_lock, "a#1.lock").op(2, read, "a#1.items", "1");
  s.op(2, mutex_unlock, "a#1.lock");
  expect_golden("waits.columns", columns(s.r));
}

TEST(columns, idle_cpus_are_left_out) {
  scene s;
  s.call(3, "f").op(3, op_kind::mutex_lock, "a#1.lock");
  EXPECT_EQ(columns(s.r),
            " step CPU3\n ---- ----\n      f()\n   1   mutex_lock(lock)\n\n  nothing was found\n");
}

TEST(columns, a_member_that_several_objects_have_stands_with_its_object) {
  scene s;
  s.call(1, "f").op(1, op_kind::mutex_lock, "a#1.lock").op(1, op_kind::read, "a#1.v", "3");
  s.call(2, "f").op(2, op_kind::mutex_lock, "b#1.lock");
  const std::string text = columns(s.r);
  EXPECT_NE(text.find("mutex_lock(a#1.lock)"), text.npos) << text;
  EXPECT_NE(text.find(" v = 3"), text.npos) << text;
}

TEST(columns, inner_functions_show_when_two_operations_would_look_the_same) {
  scene s;
  s.call(1, "outer")
      .call(1, "left")
      .op(1, op_kind::kmalloc, "a#1")
      .op(1, op_kind::write, "x#1.v", "1")
      .leave(1)
      .call(1, "right")
      .op(1, op_kind::write, "x#1.v", "1")
      .call(1, "deeper")
      .op(1, op_kind::read, "x#1.w", "0");
  expect_golden("ambiguous.columns", columns(s.r));
}

TEST(columns, long_names_wrap_inside_their_column) {
  scene s;
  const std::string name(60, 'n');
  for (task_id t = 1; t <= 3; ++t)
    s.call(t, "a_function_with_" + name)
        .op(t, op_kind::refcount_dec_and_test, "object#1." + name, "0");
  s.r.end = {.name = "kernel-warn",
             .title = "kernel-warn in f",
             .detail = "WARN_ON(" + name + " " + name + ")",
             .at = 3,
             .other = 0,
             .task = "cpu3",
             .other_task = ""};
  expect_golden("long_names.columns", columns(s.r));
}

TEST(columns, a_check_that_holds_does_not_look_like_one_that_fails) {
  scene s;
  s.call(1, "f").op(1, op_kind::warn_on, "").op(1, op_kind::bug_on, "");
  s.op(1, op_kind::bug_on, "");
  s.r.end.name = "kernel-bug";
  const std::string text = columns(s.r);
  EXPECT_NE(text.find("   1   WARN_ON() = 0\n   2   BUG_ON() = 0\n   3   BUG_ON()\n"), text.npos)
      << text;
}

TEST(columns, color_only_adds_to_the_text) {
  std::string text = columns(unmap_race(), {.color = true});
  EXPECT_NE(text.find("\033["), text.npos);
  for (std::size_t at; (at = text.find("\033[")) != text.npos;)
    text.erase(at, text.find('m', at) - at + 1);
  EXPECT_EQ(text, columns(unmap_race()));
}

TEST(columns, nothing_recorded_is_no_crash) {
  EXPECT_EQ(columns(recording{}), " step\n ----\n\n  nothing was found\n");
}

TEST(verdict_words, are_the_verdict_as_a_trace_states_it) {
  recording r = unmap_race();
  EXPECT_EQ(verdict_words(r), "area#1 step=19 cpu=1 freed-at=18 freed-by=2");
  r.end.name = "data-race";
  EXPECT_EQ(verdict_words(r), "area#1.num_accesses step=19 cpu=1 freed-at=18 freed-by=2");
  r.end.other = 17;
  EXPECT_EQ(verdict_words(r), "area#1.num_accesses step=19 cpu=1 other-step=17 other-cpu=2");
  r.end = {.name = "pin-survives-unmap",
           .title = "",
           .detail = "a pin is left",
           .at = 0,
           .other = 0,
           .task = "kworker1",
           .other_task = "cpu2"};
  EXPECT_EQ(verdict_words(r), "task=kworker1 other-cpu=2");
  EXPECT_EQ(verdict_words(recording{}), "");
}

TEST(steps_text, is_aligned_and_numbered) {
  expect_golden("unmap_race.steps", to_text(steps_of(unmap_race())));
}

TEST(steps_text, reads_what_it_prints) {
  const auto steps = steps_of(unmap_race());
  const auto again = parse_steps("# derived\n\n" + to_text(steps));
  ASSERT_TRUE(again.has_value()) << again.error().in("steps");
  EXPECT_EQ(*again, steps);
}

TEST(steps_text, names_the_first_difference) {
  const auto a = steps_of(unmap_race());
  auto b = a;
  EXPECT_FALSE(first_difference(a, b).has_value());
  b[4].value = "= 7";
  EXPECT_EQ(first_difference(a, b), 4u);
  b = a;
  b.pop_back();
  EXPECT_EQ(first_difference(a, b), a.size() - 1);
  EXPECT_EQ(to_text(a[1]), "cpu3 iopt_area_add_access write area#1.num_accesses 0 -> 1");
}

TEST(steps_text, errors_say_where_and_what) {
  const struct {
    const char* in;
    const char* error;
  } cases[] = {
      {"x cpu1 f read a#1", "t:1:1: 'x' is not the number of the step, expected 1"},
      {"1 cpu1 f read a#1\n3 cpu1 f read a#1",
       "t:2:1: '3' is not the number of the step, expected 2"},
      {"1", "t:1:3: the line ends here, expected a task"},
      {"1 cpu1 f", "t:1:10: the line ends here, expected an operation"},
      {"1 cpu1 f raed a#1", "t:1:10: unknown operation 'raed', expected one of the event table"},
  };
  for (const auto& c : cases) {
    const auto s = parse_steps(c.in);
    ASSERT_FALSE(s.has_value()) << c.in;
    EXPECT_EQ(s.error().in("t"), c.error);
  }
}

}  // namespace
}  // namespace iorace::this_file
