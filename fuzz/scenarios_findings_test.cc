// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What is found in the built-in scenarios: nothing when everything is repaired, and under upstream
// what is in repro/upstream.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "fuzz/scenario_test.h"
#include "scheduler/explore/sample.h"

namespace iorace::this_file {
namespace {

sample_result sampled(const trace_file& t, const char* strategy, std::uint64_t executions) {
  const bound_program p(t.program, kernel_schema());
  sample_options o;
  o.strategy = strategy;
  o.executions_max = executions;
  o.keep_going = true;
  o.each = execution_of(t);
  return sample(p.runnable(), o);
}

// Titles and details of what is found in `executions`.
std::vector<std::string> findings_of(const trace_file& t, const char* strategy,
                                     std::uint64_t executions) {
  std::vector<std::string> found;
  for (const sampled_finding& f : sampled(t, strategy, executions).findings)
    found.push_back(f.what.title + " (" + f.what.detail + ")");
  return found;
}

// An execution of a menu is as long as many others. What is of other chapters than iommufd is
// executed more often for each sound value, in knobs_test.cc.
std::uint64_t some(const trace_file& t) {
  using kern::chapter;
  using kern::chapter_bit;
  constexpr kern::chapter_set iommufd = chapter_bit(chapter::mm) | chapter_bit(chapter::iommufd) |
                                        chapter_bit(chapter::hw) | chapter_bit(chapter::mock);
  if (t.program.menu) return 500;
  const bool often = (chapters_of(t.program) & ~iommufd) == 0;
  return often ? in_this_build(20'000, 10'000) : in_this_build(5'000, 2'500);
}

std::vector<std::string_view> all_scenarios() {
  std::vector<std::string_view> names;
  for (const scenario_text& s : scenario_texts()) names.push_back(s.name);
  return names;
}

class scenarios_repaired : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(, scenarios_repaired, testing::ValuesIn(all_scenarios()),
                         name_of_scenario);
TEST_P(scenarios_repaired, are_quiet) {
  const trace_file t = scenario_under(GetParam(), "profile=repaired");
  for (const char* strategy : {"random", "pos"})
    EXPECT_THAT(findings_of(t, strategy, executions_for(t, some(t))), testing::IsEmpty())
        << strategy;
  trace_file fair = t;
  fair.options.fair = true;
  EXPECT_THAT(findings_of(fair, "random", executions_for(t, some(t) / 5)), testing::IsEmpty());
}

class slow_scenarios_repaired : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(, slow_scenarios_repaired, testing::ValuesIn(all_scenarios()),
                         name_of_scenario);
void expect_quiet_for_long(std::string_view name, const char* strategy) {
  const trace_file t = scenario_under(name, "profile=repaired");
  EXPECT_THAT(findings_of(t, strategy, executions_for(t, 1'000'000)), testing::IsEmpty());
}
TEST_P(slow_scenarios_repaired, are_quiet_random) { expect_quiet_for_long(GetParam(), "random"); }
TEST_P(slow_scenarios_repaired, are_quiet_pos) { expect_quiet_for_long(GetParam(), "pos"); }

#if !defined(IORACE_TSAN) && !defined(IORACE_ASAN)  // too few executions there to find a race
// What upstream does is in repro/upstream: these titles are found, and no others.
std::set<std::string> titles_in_repro() {
  std::set<std::string> titles;
  for (const auto& entry :
       std::filesystem::directory_iterator(IORACE_SOURCE_DIR "/repro/upstream")) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto t = parse_trace(text, kernel_schema());
    EXPECT_TRUE(t) << entry.path();
    if (t) titles.insert(t->title);
  }
  return titles;
}
std::set<std::string> titles_found_upstream(std::uint64_t executions) {
  std::set<std::string> titles;
  for (const scenario_text& s : scenario_texts())
    for (const char* strategy : {"random", "pos"}) {
      const trace_file t = scenario_under(s.name, "");
      for (const sampled_finding& f : sampled(t, strategy, executions_for(t, executions)).findings)
        titles.insert(f.what.title);
    }
  return titles;
}
// Those of `all` that are not among `known`.
std::vector<std::string> others(const std::set<std::string>& all,
                                const std::set<std::string>& known) {
  std::vector<std::string> left;
  std::ranges::set_difference(all, known, std::back_inserter(left));
  return left;
}
void expect_what_is_in_repro_upstream(std::uint64_t executions) {
  const std::set<std::string> found = titles_found_upstream(executions);
  EXPECT_THAT(others(found, titles_in_repro()), testing::IsEmpty()) << "not in repro/upstream";
  EXPECT_THAT(others(titles_in_repro(), found), testing::IsEmpty()) << "not found";
}
TEST(scenarios_upstream, find_what_is_in_repro_upstream) {
  expect_what_is_in_repro_upstream(3'000);
}
TEST(slow_scenarios_upstream, find_what_is_in_repro_upstream) {
  expect_what_is_in_repro_upstream(200'000);
}

// Devices of the menu of all menus reserve what the user has mapped, give it up again, or have
// firmware that gives way.
TEST(scenarios_everything, has_devices_that_reserve) {
  const trace_file t = scenario_under("everything", "profile=repaired");
  bound_program p(t.program, kernel_schema());
  const auto choose = make_strategy("random");
  execution_options o = execution_of(t);
  engine e;
  for (o.number = 0; o.number < 6'000; ++o.number) {
    e.run(p.runnable(), *choose, o);
    p.count_latest();
  }
  std::set<std::string_view> reached;
  for (std::size_t i = 0; i < kern::probes().size(); ++i)
    if (kern::has_row(p.reached().probes, i)) reached.insert(kern::probes()[i].name);
  for (const char* probe : {"reserved_in_use", "reserved_undone", "firmware_gave_way"})
    EXPECT_TRUE(reached.contains(probe)) << probe;
}
#endif

}  // namespace
}  // namespace iorace::this_file
