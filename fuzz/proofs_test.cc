// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// fuzz/proofs/ has a small version of each scenario that shows a knob: three tasks with the calls
// of the race, small enough for every interleaving to be executed. Under the sound values none of
// them is bad; under a faulty one the same program is convicted, so that it proves something.
// model/README.md has the counts; IORACE_UPDATE=1 writes them.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fuzz/bind.h"
#include "fuzz/page_test.h"
#include "fuzz/scenarios.h"
#include "fuzz/under_test.h"
#include "fuzz/verify_program.h"
#include "scheduler/engine/this_build_test.h"

namespace iorace::this_file {
namespace {

constexpr std::uint64_t enough_traces = in_this_build(1'000, 100);
// The larger proofs are cut, but for the slow test, which ends them.
constexpr std::uint64_t default_executions = in_this_build(20'000, 120);
constexpr std::uint64_t no_limit = ~std::uint64_t{0};

// One faulty value in so many.
constexpr unsigned one_in = in_this_build(1u, 12u);

trace_file proof(std::string_view scenario, const std::string& settings) {
  const auto t =
      load_trace(fmt::format(IORACE_SOURCE_DIR "/fuzz/proofs/{}.trace", scenario), kernel_schema());
  EXPECT_TRUE(t) << t.error();
  return t ? under(*t, "profile=repaired," + settings) : trace_file{};
}

std::set<std::string> flows_of(const program_data& p) {
  std::set<std::string> names;
  for (unsigned task = 0; task <= p.task_count(); ++task)
    for (const call& c : p.calls_of(task)) names.insert(c.flow->name);
  return names;
}

TEST(proofs, are_small_versions_of_the_scenarios) {
  each_value([](const std::string& setting, const kern::knob_value& v) {
    const trace_file small = proof(v.scenario, setting);
    EXPECT_GE(small.program.task_count(), 3u) << setting;
    const auto large = scenario(v.scenario, kernel_schema());
    ASSERT_TRUE(large) << v.scenario;
    EXPECT_THAT(flows_of(small.program), testing::IsSupersetOf(flows_of(large->program)))
        << v.scenario;
  });
}

program_verification verified(const trace_file& t, std::uint64_t executions_max) {
  verify_options o;
  o.executions_max = executions_max;
  const auto all = verify_program(t, o, kernel_schema());
  EXPECT_TRUE(all) << all.error();
  return all.value_or(program_verification{});
}

// Values that are those of the profile come to the same program: it is executed once.
using known_proofs = std::map<std::pair<std::string, std::vector<unsigned>>, program_verification>;
const program_verification& verified_once(known_proofs& known, const kern::knob_value& v,
                                          const std::string& setting,
                                          std::uint64_t executions_max) {
  const trace_file t = proof(v.scenario, setting);
  const auto [at, is_new] =
      known.try_emplace({v.scenario, config_of(t.program, kernel_schema()).knobs});
  if (is_new) at->second = verified(t, executions_max);
  return at->second;
}

constexpr const char* page = "model/README.md";
constexpr const char* mark = "proofs";
std::string row_of(const std::string& setting, const kern::knob_value& v, std::uint64_t traces) {
  return fmt::format("| {} | {} | {} |\n", setting, v.scenario, traces);
}

// The count of a proof that was cut is the page's, if that is larger.
std::uint64_t traces_of(const verify_result& r, const std::string& setting,
                        const kern::knob_value& v, const std::string& table) {
  const std::string row = fmt::format("\n| {} | {} | ", setting, v.scenario);
  const std::size_t at = table.find(row);
  if (r.complete || at == std::string::npos) return r.traces;
  return std::max<std::uint64_t>(r.traces + 1, std::stoull(table.substr(at + row.size())));
}

void expect_proofs_to_hold(std::uint64_t executions_max) {
  known_proofs known;
  const std::string before = part_of_page(IORACE_SOURCE_DIR "/" + std::string(page), mark).text();
  std::string table = "| value | program | traces |\n| --- | --- | --- |\n";
  each_value([&](const std::string& setting, const kern::knob_value& v) {
    if (!is_sound(v)) return;
    const program_verification& all = verified_once(known, v, setting, executions_max);
    const verify_result& r = all.verified;
    EXPECT_THAT(r.findings, testing::IsEmpty()) << setting;
    EXPECT_TRUE(!r.complete || all.never.calls.empty()) << setting;
    EXPECT_EQ(r.blocked, 0u) << setting;
    EXPECT_GE(r.traces, enough_traces) << setting;
    EXPECT_TRUE(r.complete || r.executions == executions_max) << setting;
    EXPECT_LE(r.executions, executions_max) << setting;
    table += row_of(setting, v, traces_of(r, setting, v, before));
  });
  compare_with_page(page, mark, table);
}
TEST(proofs, hold_for_every_sound_value) {
  expect_proofs_to_hold(updates_pages() ? no_limit : default_executions);
}
TEST(slow_proofs, hold_for_every_sound_value) { expect_proofs_to_hold(no_limit); }

// A limit below the kernel's hides the kernel's own complaint: then the executions are cut.
TEST(proofs, convict_every_faulty_value) {
  unsigned looked_at = 0;
  each_value([&](const std::string& setting, const kern::knob_value& v) {
    if (is_sound(v) || looked_at++ % one_in != 0) return;
    verify_options o;
    bool convicted = false, cut = false;
    o.seen = [&](const engine& e) { convicted |= e.last_finding().title.starts_with(v.expect); };
    o.stop = [&](const verify_progress&) { return convicted; };
    const trace_file t = proof(v.scenario, setting);
    const auto all = verify_program(t, o, kernel_schema());
    ASSERT_TRUE(all) << all.error();
    cut = !t.program.limits.empty() && all->verified.cut != 0;
    EXPECT_TRUE(convicted || cut) << setting << " in " << v.scenario;
  });
}

}  // namespace
}  // namespace iorace::this_file
