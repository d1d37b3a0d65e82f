// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/scenarios.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/bind.h"
#include "fuzz/program_bytes.h"
#include "fuzz/settings.h"
#include "fuzz/trace_run.h"
#include "scheduler/explore/sample.h"

namespace iorace {
namespace {

TEST(scenarios, are_found_by_name) {
  const auto found = scenario("access_pin_unmap", kernel_schema());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->program.task_count(), 3u);
  EXPECT_FALSE(scenario("access_pin_unmap.trace", kernel_schema()));
}

TEST(scenarios, are_canonical_and_say_what_they_are) {
  for (const scenario_text& s : scenario_texts()) {
    const auto t = parse_trace(s.text, kernel_schema());
    ASSERT_TRUE(t) << t.error().in(s.name);
    const auto again = parse_trace(print_trace(*t, kernel_schema()), kernel_schema());
    ASSERT_TRUE(again) << again.error().in(s.name);
    EXPECT_EQ(print_trace(*again, kernel_schema()), print_trace(*t, kernel_schema()));
    EXPECT_TRUE(summary_of(s).ends_with('.')) << s.name << ": " << summary_of(s);
    EXPECT_LE(summary_of(s).size(), 100u) << s.name;
    if (t->program.menu) continue;
    const fuzz_input in{t->program, {}};
    const program_data p = decode_input(encode_input(in), kernel_schema()).program;
    std::string a, b;
    print_program(p, a);
    program_data bare = t->program;
    bind_all(bare);
    print_program(bare, b);
    EXPECT_EQ(a, b) << s.name << " as bytes";
  }
}

// The program of a scenario under `settings` ("a=b,c=d").
trace_file scenario_under(std::string_view name, std::string_view settings) {
  auto t = scenario(name, kernel_schema());
  EXPECT_TRUE(t) << "no scenario " << name;
  if (!t) return {};
  program_data with;
  EXPECT_TRUE(set_list(with, settings, kernel_schema())) << settings;
  t->program.profile = with.profile;
  add_settings(t->program, with);
  return *t;
}

// Titles and details of what is found in at most `executions`.
std::vector<std::string> findings_of(const trace_file& t, std::uint64_t executions) {
  const bound_program p(t.program, kernel_schema());
  sample_options o;
  o.executions_max = executions;
  o.keep_going = true;
  o.each = execution_of(t);
  std::vector<std::string> found;
  for (const sampled_finding& f : sample(p.runnable(), o).findings)
    found.push_back(f.what.title + " (" + f.what.detail + ")");
  return found;
}

// The large one is as slow as it is large, and sanitizers are slow anyway: the release build
// counts.
std::uint64_t executions_for(const trace_file& t, std::uint64_t executions) {
#if defined(IORACE_TSAN) || defined(IORACE_ASAN)
  executions /= 50;
#endif
  return t.program.call_count() > 100 ? executions / 100 : executions;
}

TEST(scenarios, are_quiet_when_repaired) {
  for (const scenario_text& s : scenario_texts()) {
    const trace_file t = scenario_under(s.name, "profile=repaired");
    EXPECT_THAT(findings_of(t, executions_for(t, 20000)), testing::IsEmpty()) << s.name;
  }
}

// No early return passes for soundness: each call succeeds in one execution of ten, but for those
// whose scenario is about their failing.
TEST(scenarios, get_somewhere) {
  constexpr std::uint64_t executions = 2000;
  for (const scenario_text& s : scenario_texts()) {
    const trace_file t = scenario_under(s.name, "profile=repaired");
    if (t.program.menu || s.name == "object_destroy_access") continue;
    const bound_program p(t.program, kernel_schema());
    engine e;
    const auto choose = make_strategy("portfolio");
    execution_options o = execution_of(t);
    const std::uint64_t all = executions_for(t, executions);
    std::vector<std::uint64_t> succeeded(t.program.call_count());
    for (o.number = 0; o.number < all; ++o.number) {
      e.run(p.runnable(), *choose, o);
      for (std::size_t i = 0; i < succeeded.size(); ++i)
        succeeded[i] += latest_outcomes()[i].returned && latest_outcomes()[i].rc == 0 ? 1 : 0;
    }
    for (std::size_t i = 0; i < succeeded.size(); ++i)
      EXPECT_GE(succeeded[i] * 10, all) << s.name << ", call " << i + 1;
  }
}

#if !defined(IORACE_TSAN) && !defined(IORACE_ASAN)  // too few executions there to find a race
// Every knob's table says which scenario shows a value, and how it ends.
TEST(knob_scenarios, show_what_the_knobs_say) {
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) {
      const std::string setting = fmt::format("{}={}", k.name, v.name);
      const trace_file t = scenario_under(v.scenario, "profile=repaired," + setting);
      const std::vector<std::string> found = findings_of(t, executions_for(t, 20000));
      if (std::string_view(v.expect) == "clean")
        EXPECT_THAT(found, testing::IsEmpty()) << setting << " in " << v.scenario;
      else
        EXPECT_THAT(found, testing::Contains(testing::StartsWith(v.expect)))
            << setting << " in " << v.scenario;
    }
}
#endif

}  // namespace
}  // namespace iorace
