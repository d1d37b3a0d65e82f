// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// fuzz/proofs/ has a small version of each scenario that shows a knob: three tasks with the calls
// of the race, small enough for every interleaving to be executed. Under the sound values none of
// them is bad; under a faulty one the same program is convicted, so that it proves something.
// model/README.md has the counts; IORACE_UPDATE=1 writes them.
#include <map>
#include <set>
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

namespace iorace {
namespace {

constexpr std::uint64_t enough_traces = in_this_build(1'000, 400);
// Sanitizers are slow: there the larger proofs are cut, and counted as far as they go.
constexpr std::uint64_t executions_max = in_this_build(~std::uint64_t{0}, std::uint64_t{500});

// One faulty value in so many.
constexpr unsigned one_in = in_this_build(1u, 4u);

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

// Calls see(knob=value, value) for each row of the knobs' tables.
template <class See>
void each_value(See see) {
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) see(fmt::format("{}={}", k.name, v.name), v);
}
bool is_sound(const kern::knob_value& v) { return std::string_view(v.expect) == "clean"; }

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

program_verification verified(const trace_file& t) {
  verify_options o;
  o.executions_max = executions_max;
  const auto all = verify_program(t, o, kernel_schema());
  EXPECT_TRUE(all) << all.error();
  return all.value_or(program_verification{});
}

// Values that are those of the profile come to the same program: it is executed once.
using known_proofs = std::map<std::pair<std::string, std::vector<unsigned>>, program_verification>;
const program_verification& verified_once(known_proofs& known, const kern::knob_value& v,
                                          const std::string& setting) {
  const trace_file t = proof(v.scenario, setting);
  const auto [at, is_new] =
      known.try_emplace({v.scenario, config_of(t.program, kernel_schema()).knobs});
  if (is_new) at->second = verified(t);
  return at->second;
}

TEST(proofs, hold_for_every_sound_value) {
  known_proofs known;
  std::string table = "| value | program | traces |\n| --- | --- | --- |\n";
  each_value([&](const std::string& setting, const kern::knob_value& v) {
    if (!is_sound(v)) return;
    const program_verification& all = verified_once(known, v, setting);
    const verify_result& r = all.verified;
    EXPECT_THAT(r.findings, testing::IsEmpty()) << setting;
    EXPECT_TRUE(!r.complete || all.never.calls.empty()) << setting;
    EXPECT_EQ(r.blocked, 0u) << setting;
    EXPECT_GE(r.traces, enough_traces) << setting;
    EXPECT_EQ(r.complete, executions_max > r.executions) << setting;
    table += fmt::format("| {} | {} | {} |\n", setting, v.scenario, r.traces);
  });
  if (!under_sanitizer) compare_with_page("model/README.md", "proofs", table);
}

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
}  // namespace iorace
