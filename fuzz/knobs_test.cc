// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The list of knobs against executions: every value, in the scenario that its row names, ends as
// its row says. All other knobs have their repaired values, so a value that upstream has shows its
// own finding and no other.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fuzz/bind.h"
#include "fuzz/scenarios.h"
#include "fuzz/trace_run.h"
#include "fuzz/under_test.h"
#include "scheduler/engine/finding.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/sample.h"

namespace iorace::this_file {
namespace {

constexpr std::uint64_t seeds = in_this_build(20, 1);
constexpr std::uint64_t clean_executions = in_this_build(20'000, 150);
constexpr std::uint64_t find_within = 100'000;

// Calls f(setting, value, its scenario under profile repaired and that setting).
template <class F>
void for_each_value(F f) {
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) {
      const std::string setting = fmt::format("{}={}", k.name, v.name);
      SCOPED_TRACE(setting + " in " + v.scenario);
      const auto t = scenario(v.scenario, kernel_schema());
      ASSERT_TRUE(t);
      f(v, under(*t, "profile=repaired," + setting));
    }
}

// A single task without faults has one execution only.
std::uint64_t executions_of(const trace_file& t, std::uint64_t wanted) {
  return t.program.task_count() > 1 || t.options.faults != 0 ? wanted : 1;
}

sample_options options_for(const trace_file& t, std::uint64_t executions, std::uint64_t seed) {
  sample_options o;  // of the default strategy
  o.executions_max = executions_of(t, executions);
  o.each = execution_of(t);
  o.each.seed = seed;
  return o;
}

void expect_clean(std::uint64_t executions) {
  unsigned sound = 0;
  // Values that are those of the profile come to the same executions.
  std::set<std::pair<std::string, std::vector<unsigned>>> looked_at;
  for_each_value([&](const kern::knob_value& v, const trace_file& t) {
    if (!is_sound(v)) return;
    ++sound;
    if (!looked_at.emplace(v.scenario, config_of(t.program, kernel_schema()).knobs).second) return;
    const bound_program p(t.program, kernel_schema());
    const sample_result r = sample(p.runnable(), options_for(t, executions, 0));
    EXPECT_EQ(r.executions, executions_of(t, executions));
    for (const sampled_finding& f : r.findings) ADD_FAILURE() << f.what.title;
  });
  EXPECT_GE(sound, kernel_schema().knobs.size());
}

TEST(knob_values, sound_ones_are_clean) { expect_clean(clean_executions); }
TEST(slow_knob_values, sound_ones_are_clean) { expect_clean(1'000'000); }

TEST(knob_values, each_faulty_one_is_found_from_every_seed) {
  unsigned faulty = 0;
  for_each_value([&](const kern::knob_value& v, const trace_file& t) {
    if (is_sound(v)) return;
    ++faulty;
    const bound_program p(t.program, kernel_schema());
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      sample_options o = options_for(t, find_within, seed);
      o.pass_over = [&](const finding& f) { return f.name != v.expect; };
      EXPECT_EQ(sample(p.runnable(), o).findings.size(), 1u) << "seed " << seed;
    }
  });
  EXPECT_GE(faulty, 13u);
}

// What a reader of `iorace list knobs` relies on.
TEST(knob_values, say_what_they_are) {
  std::set<std::string> ids;
  std::set<std::string_view> ends = {"clean"};
  for (const kern::invariant_info& i : kernel_schema().invariants) ends.insert(i.name);
  for (const verdict_info& i : verdicts()) ends.insert(i.name);
  for_each_value([&](const kern::knob_value& v, const trace_file&) {
    EXPECT_TRUE(ids.insert(v.id).second) << "id " << v.id;
    EXPECT_NE(std::string_view(v.id), "");
    EXPECT_TRUE(std::string_view(v.summary).ends_with('.')) << v.summary;
    EXPECT_NE(std::string_view(v.source), "");
    EXPECT_TRUE(ends.contains(v.expect)) << v.expect;
  });
  for (const kern::knob_info& k : kernel_schema().knobs)
    EXPECT_TRUE(is_sound(k.values[k.repaired])) << k.name;
}

}  // namespace
}  // namespace iorace::this_file
