// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/scenarios.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fuzz/bind.h"
#include "fuzz/program_bytes.h"
#include "fuzz/settings.h"
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

// Runs `executions` of a scenario under `settings`; returns the first title, or "".
std::string first_title(std::string_view name, std::string_view settings, std::uint64_t executions) {
  auto t = scenario(name, kernel_schema());
  program_data with;
  EXPECT_TRUE(set_list(with, settings, kernel_schema())) << settings;
  t->program.profile = with.profile;
  add_settings(t->program, with);
  const bound_program p(t->program, kernel_schema());
  sample_options o;
  o.executions_max = executions;
  o.each.faults_max = t->options.faults;
  const sample_result r = sample(p.runnable(), o);
  return r.findings.empty() ? std::string() : r.findings[0].what.title + " (" + r.findings[0].what.detail + ")";
}

TEST(scenarios, are_quiet_when_repaired) {
  for (const scenario_text& s : scenario_texts())
    EXPECT_EQ(first_title(s.name, "profile=repaired", 2000), "") << s.name;
}

// Every knob's table says which scenario shows a value, and how it ends.
TEST(knob_scenarios, show_what_the_knobs_say) {
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) {
      const std::string setting = fmt::format("{}={}", k.name, v.name);
      ASSERT_TRUE(scenario(v.scenario, kernel_schema())) << setting << ": no scenario " << v.scenario;
      const std::string title = first_title(v.scenario, "profile=repaired," + setting, 20000);
      if (std::string_view(v.expect) == "clean") EXPECT_EQ(title, "") << setting << " in " << v.scenario;
      else EXPECT_EQ(title.substr(0, title.find_first_of(": ")), v.expect) << setting << " in " << v.scenario << ": " << title;
    }
}

}  // namespace
}  // namespace iorace
