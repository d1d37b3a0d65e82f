// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/minimize.h"

#include <gtest/gtest.h>

#include "fuzz/convert.h"
#include "fuzz/program_bytes.h"
#include "fuzz/repro_test.h"
#include "fuzz/run_program.h"
#include "fuzz/scenarios.h"
#include "fuzz/settings.h"
#include "fuzz/trace_run.h"

namespace iorace::this_file {
namespace {

// The first finding of a scenario, as a trace.
trace_file first_finding(std::string_view name, std::string_view settings) {
  auto t = scenario(name, kernel_schema());
  program_data with;
  EXPECT_TRUE(set_list(with, settings, kernel_schema()));
  t->program.profile = with.profile;
  add_settings(t->program, with);
  sample_options o;
  o.executions_max = 20000;
  const program_run r = run_program(*t, o, kernel_schema());
  EXPECT_EQ(r.traces.size(), 1u) << name;
  return r.traces.empty() ? *t : r.traces[0];
}

minimized minimize_well(const trace_file& t, const minimize_options& o = {}) {
  auto m = minimize(t, kernel_schema(), o);
  EXPECT_TRUE(m) << m.error();
  return m ? std::move(*m) : minimized{};
}

TEST(minimize, the_pin_race_ends_with_two_cpus_and_two_switches) {
  const trace_file found = first_finding("access_pin_unmap", "selftest_access.lock=spin");
  const minimized m = minimize_well(found);
  EXPECT_TRUE(m.minimal);
  EXPECT_EQ(m.trace.title, found.title);
  EXPECT_EQ(m.trace.program.task_count(), 2u) << print_trace(m.trace, kernel_schema());
  EXPECT_LE(m.trace.schedule->switches(), 2u);
  // What is written replays.
  const auto t = parse_trace(print_trace(m.trace, kernel_schema()), kernel_schema());
  ASSERT_TRUE(t) << t.error().in("minimized");
  engine e;
  const bound_program bound(t->program, kernel_schema());
  const replay_report again = replay_trace(e, bound.runnable(), input_of(*t), expectation_of(*t));
  EXPECT_EQ(again.status, replay_status::same) << again.what;
}

TEST(minimize, can_leave_the_program_alone) {
  const trace_file found = first_finding("access_pin_unmap", "selftest_access.lock=spin");
  const minimized m = minimize_well(found, {.keep_program = true});
  EXPECT_EQ(m.trace.program.task_count(), 3u);
  EXPECT_LE(m.trace.schedule->switches(), 4u);
}

// What is found with fewer calls has to be the same, not what the next execution comes to.
TEST(minimize, each_of_several_findings_stays_what_it_is) {
  const auto t = scenario("two_commands", kernel_schema());
  sample_options o;
  o.executions_max = 1200;
  o.keep_going = true;
  o.each.seed = 77;
  const program_run r = run_program(*t, o, kernel_schema());
  EXPECT_GT(r.traces.size(), 1u);
  for (const trace_file& found : r.traces) {
    const minimized m = minimize_well(found);
    EXPECT_EQ(m.trace.title, found.title);
    EXPECT_TRUE(m.minimal);
  }
}

TEST(minimize, ends_where_it_began_once_nothing_can_go) {
  const minimized m = minimize_well(first_finding("iommufd", "selftest_access.lock=spin"));
  const minimized again = minimize_well(m.trace);
  EXPECT_EQ(print_trace(again.trace, kernel_schema()), print_trace(m.trace, kernel_schema()));
}

// CPU2 stops inside its second map, which the race does not need.
minimized minimize_two_maps(const std::string& plan) {
  const std::string text = R"(iorace-trace 1
profile   repaired
knobs     selftest_access.lock=respond_unlocked
[setup]
ioas#1 = ioas_alloc()
access#1 = access_create()
[cpu1]
access_attach(access#1, ioas#1)
item#1.1 = access_pages(access#1, iova=0x10000, length=0x1000)
[cpu2]
area#2.1 = ioas_map(ioas#1, iova=0x10000, length=0x1000)
area#2.2 = ioas_map(ioas#1, iova=0x10000, length=0x1000)
ioas_unmap(ioas#1, iova=0x10000, length=0x1000)
[schedule]
)";
  const auto t = parse_trace(text + plan + "[points] selftest_access_item.id\n", kernel_schema());
  EXPECT_TRUE(t) << t.error().in("trace");
  return t ? minimize_well(*t, {.search_executions = 0}) : minimized{};
}

// Without that call it has to stop where the next one begins.
TEST(minimize, a_stop_in_a_call_that_goes_is_moved) {
  const minimized m = minimize_two_maps(
      "cpu2 until iopt_area_alloc kmalloc #2\n"
      "cpu1 until iommufd_test_access_pages read item#1.1.id\n"
      "cpu2\n");
  EXPECT_EQ(m.before.calls, 7u);
  EXPECT_EQ(m.after.calls, 6u) << print_trace(m.trace, kernel_schema());
}

// CPU1 stops because of what CPU2 holds there. Without that call it has no reason to.
TEST(minimize, a_stop_because_of_a_call_that_goes_goes_too) {
  const minimized m = minimize_two_maps(
      "cpu2 until iopt_alloc_area_pages up_write ioas#1.iova_rwsem #2\n"
      "cpu1\n"
      "cpu2\n"
      "cpu1 until iommufd_test_access_pages read item#1.1.id\n"
      "cpu2\n");
  EXPECT_EQ(m.before.calls, 7u);
  EXPECT_EQ(m.after.calls, 6u) << print_trace(m.trace, kernel_schema());
}

TEST(convert, traces_become_corpus_files_and_come_back) {
  const trace_file found = first_finding("access_pin_unmap", "selftest_access.lock=spin");
  const converted c = *bytes_of(found, kernel_schema());
  EXPECT_LT(c.bytes.size(), 200u);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(c.bytes.data()), c.bytes.size());
  EXPECT_TRUE(is_canonical(bytes, kernel_schema()));
  const fuzz_input in = decode_input(bytes, kernel_schema());
  program_data p = in.program;
  add_settings(p, found.program);
  const bound_program bound(p, kernel_schema());
  bytes_strategy follow(in.schedule);
  engine e;
  EXPECT_EQ(e.run(bound.runnable(), follow, bytes_options()).digest, found.verdict->digest);
  EXPECT_EQ(e.last_finding().title, found.title);
}

// Bytes hold one injected fault; what they cannot hold may not be lost without a word.
TEST(convert, what_needs_a_fault_is_kept_and_what_needs_points_is_refused) {
  for (const committed_trace& t : committed_traces("upstream"))
    if (t.trace.options.faults != 0) {
      EXPECT_TRUE(bytes_of(t.trace, kernel_schema())) << t.name;
    }
  for (const committed_trace& t : committed_traces("wrong"))
    if (t.name == "selftest_access.lock-spin-respond") {
      const auto refused = bytes_of(t.trace, kernel_schema());
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error(),
                "bytes hold no promoted points and no options but one fault; without them the "
                "execution ends with none, expected use-after-free");
    }
}

}  // namespace
}  // namespace iorace::this_file
