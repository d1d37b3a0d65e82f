// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The list of knobs against executions: every value, in the scenario that its row names, ends as
// its row says. All other knobs have their repaired values, so a value that upstream has shows its
// own finding and no other.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "fuzz/scenario_test.h"
#include "scheduler/engine/finding.h"
#include "scheduler/explore/sample.h"

namespace iorace::this_file {
namespace {

constexpr std::uint64_t seeds = in_this_build(20, 1);
constexpr std::uint64_t clean_executions = in_this_build(20'000, 150);
constexpr std::uint64_t find_within = 100'000;

// The scenarios that show a value for which is(value).
template <class Is>
std::set<std::string_view> scenarios_of(Is is) {
  std::set<std::string_view> names;
  each_value([&](const std::string&, const kern::knob_value& v) {
    if (is(v)) names.insert(v.scenario);
  });
  return names;
}
bool is_faulty(const kern::knob_value& v) { return !is_sound(v); }

// Calls f(value, the scenario under profile repaired and that value) for each value that `name`
// shows.
template <class F>
void for_each_shown_by(std::string_view name, F f) {
  each_value([&](const std::string& setting, const kern::knob_value& v) {
    if (name != v.scenario) return;
    SCOPED_TRACE(setting);
    f(v, scenario_under(name, "profile=repaired," + setting));
  });
}

std::uint64_t executions_of(const trace_file& t, std::uint64_t wanted) {
  return has_choices(t) ? wanted : 1;
}

sample_options options_for(const trace_file& t, std::uint64_t executions, std::uint64_t seed) {
  sample_options o;  // of the default strategy
  o.executions_max = executions_of(t, executions);
  o.each = execution_of(t);
  o.each.seed = seed;
  return o;
}

void expect_clean(std::string_view name, std::uint64_t executions) {
  // Values that are those of the profile come to the same executions.
  std::set<std::vector<unsigned>> looked_at;
  for_each_shown_by(name, [&](const kern::knob_value& v, const trace_file& t) {
    if (!is_sound(v)) return;
    if (!looked_at.insert(config_of(t.program, kernel_schema()).knobs).second) return;
    const bound_program p(t.program, kernel_schema());
    const sample_result r = sample(p.runnable(), options_for(t, executions, 0));
    EXPECT_EQ(r.executions, executions_of(t, executions));
    for (const sampled_finding& f : r.findings) ADD_FAILURE() << f.what.title;
  });
}

// One test for each scenario.
class knob_sound : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(, knob_sound, testing::ValuesIn(scenarios_of(is_sound)), name_of_scenario);
TEST_P(knob_sound, values_are_clean) { expect_clean(GetParam(), clean_executions); }

class slow_knob_sound : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(, slow_knob_sound, testing::ValuesIn(scenarios_of(is_sound)),
                         name_of_scenario);
TEST_P(slow_knob_sound, values_are_clean) { expect_clean(GetParam(), 1'000'000); }

class knob_faulty : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(, knob_faulty, testing::ValuesIn(scenarios_of(is_faulty)),
                         name_of_scenario);
TEST_P(knob_faulty, values_are_found_from_every_seed) {
  for_each_shown_by(GetParam(), [](const kern::knob_value& v, const trace_file& t) {
    if (is_sound(v)) return;
    const bound_program p(t.program, kernel_schema());
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      sample_options o = options_for(t, find_within, seed);
      o.pass_over = [&](const finding& f) { return f.name != v.expect; };
      EXPECT_EQ(sample(p.runnable(), o).findings.size(), 1u) << "seed " << seed;
    }
  });
}

// What a reader of `iorace list knobs` relies on.
TEST(knob_table, says_what_values_are) {
  std::set<std::string> ids;
  std::set<std::string_view> ends = {"clean"};
  for (const kern::invariant_info& i : kernel_schema().invariants) ends.insert(i.name);
  for (const verdict_info& i : verdicts()) ends.insert(i.name);
  each_value([&](const std::string&, const kern::knob_value& v) {
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
