// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/scenarios.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fuzz/program_bytes.h"
#include "fuzz/scenario_test.h"

namespace iorace::this_file {
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

// Each call of a CPU is on the menu of some chapter; what only a setup can call is in the setup of
// one.
TEST(scenarios, menus_have_every_call) {
  std::set<std::string> offered, all;
  for (const scenario_text& s : scenario_texts()) {
    const auto t = parse_trace(s.text, kernel_schema());
    ASSERT_TRUE(t);
    if (!t->program.menu) continue;
    for (const menu_item& i : t->program.menu->items) offered.insert(i.flow->name);
    for (const call& c : t->program.calls_of(0)) offered.insert(c.flow->name);
  }
  for (const kern::flow_info& f : kernel_schema().flows)
    if (f.context != kern::flow_context::agent) all.insert(f.name);
  EXPECT_EQ(offered, all);
}

TEST(scenarios, without_choices_have_one_execution) {
  unsigned without = 0;
  for (const scenario_text& s : scenario_texts()) {
    const trace_file t = scenario_under(s.name, "profile=repaired");
    if (has_choices(t)) continue;
    ++without;
    const bound_program p(t.program, kernel_schema());
    const auto choose = make_strategy("random");
    execution_options o = execution_of(t);
    engine e;
    std::set<std::uint64_t> digests;
    for (o.number = 0; o.number < 10; ++o.number)
      digests.insert(e.run(p.runnable(), *choose, o).digest);
    EXPECT_EQ(digests.size(), 1u) << s.name;
  }
  EXPECT_EQ(without, 1u);  // unmap_adjoining
}

// What was executed, written down and read again, is executed again: whatever was drawn, faults and
// the calls of a menu included.
TEST(scenarios, are_recorded_and_replayed) {
  engine e;
  for (const scenario_text& s : scenario_texts()) {
    const trace_file t = scenario_under(s.name, "profile=repaired");
    const bound_program p(t.program, kernel_schema());
    const auto choose = make_strategy("random");
    execution_options o = execution_of(t);
    o.faults_max = 2;
    for (o.number = 0; o.number < in_this_build(20u, 4u); ++o.number) {
      const kept_execution kept = keep(e, p.runnable(), *choose, o, {});
      trace_file made = trace_of(t, kept);
      made.options.faults = o.faults_max;
      const auto read = parse_trace(print_trace(made, kernel_schema()), kernel_schema());
      ASSERT_TRUE(read) << s.name << ": " << read.error().in(s.name);
      const kept_execution again = keep_trace(e, *read, kernel_schema());
      EXPECT_EQ(again.result.digest, kept.result.digest) << s.name << ' ' << o.number;
      EXPECT_EQ(again.result.how, kept.result.how) << s.name << ' ' << o.number;
    }
  }
}

// How often a call was made, and how often it returned 0.
struct call_count {
  std::uint64_t made = 0;
  std::uint64_t succeeded = 0;
};
// By call, or by flow for a menu, which draws its calls anew.
std::map<std::string, call_count> calls_of(const trace_file& t, const char* strategy,
                                           std::uint64_t executions) {
  const bound_program p(t.program, kernel_schema());
  const auto choose = make_strategy(strategy);
  execution_options o = execution_of(t);
  std::map<std::string, call_count> calls;
  engine e;
  for (o.number = 0; o.number < executions; ++o.number) {
    e.run(p.runnable(), *choose, o);
    std::size_t i = 0;
    const program_data& made = latest_program();
    for (unsigned task = 0; task <= made.task_count(); ++task)
      for (const call& c : made.calls_of(task)) {
        const call_outcome& outcome = latest_outcomes()[i++];
        call_count& count =
            calls[t.program.menu && task != 0 ? c.flow->name
                                              : fmt::format("call {} of task {}", i, task)];
        count.made++;
        count.succeeded += outcome.returned && outcome.rc == 0;
      }
  }
  return calls;
}

bool succeeds(const call_count& count) { return count.succeeded * 10 >= count.made; }

// The settings in which nothing is known to be wrong: everything repaired, and each sound value of
// the knobs that the scenario shows.
std::vector<std::string> sound_settings_of(std::string_view name) {
  std::vector<std::string> all = {"profile=repaired"};
  for (const kern::knob_info& k : kernel_schema().knobs) {
    const auto shown = [&](const kern::knob_value& v) { return name == v.scenario; };
    if (std::ranges::none_of(k.values, shown)) continue;
    for (const kern::knob_value& v : k.values)
      if (is_sound(v)) all.push_back(fmt::format("profile=repaired,{}={}", k.name, v.name));
  }
  return all;
}

// No early return passes for soundness: each call succeeds in one execution of ten, under one of
// the sound settings. What the kernel refuses to whoever asks, a menu offers nevertheless; of two
// scenarios the repair is that a device is refused.
TEST(scenarios, get_somewhere) {
  constexpr std::uint64_t enough = 500;  // for a menu to have drawn each of its calls, often
  const std::set<std::string> refused = {"type1_change_mm"};
  const std::set<std::string_view> refused_devices = {"ats_claim_direct", "fault_misnamed",
                                                      "probe_direct"};
  for (const scenario_text& s : scenario_texts()) {
    if (s.name == std::string_view("everything")) continue;  // its calls are those of other menus
    if (refused_devices.contains(s.name)) continue;
    const char* const strategies[] = {"random", "pos", "portfolio"};
    for (const char* strategy : std::span(strategies).first(in_this_build(3u, 1u))) {
      std::set<std::string> never, succeeded;
      for (const std::string& settings : sound_settings_of(s.name)) {
        const trace_file t = scenario_under(s.name, settings);
        const std::uint64_t executions = executions_for(t, 2'000);
        for (const auto& [call, count] :
             calls_of(t, strategy, t.program.menu ? std::max(executions, enough) : executions)) {
          if (t.program.menu && refused.contains(call)) continue;
          if (succeeds(count)) succeeded.insert(call);
          never.insert(call);
        }
        std::erase_if(never, [&](const std::string& call) { return succeeded.contains(call); });
        if (never.empty()) break;
      }
      EXPECT_THAT(never, testing::IsEmpty()) << s.name << ", " << strategy;
    }
  }
}

}  // namespace
}  // namespace iorace::this_file
