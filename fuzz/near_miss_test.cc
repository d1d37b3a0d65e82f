// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// repro/correct holds what lies next to the races of repro/wrong. Of the trace wrong/NAME there are
//   correct/NAME              the same program with the knob's repaired value;
//   correct/NAME.one-switch   the same program, one switch or choice moved, added or left out;
//   correct/NAME.one-call     one call of the program changed, added or left out.
// Of a race of upstream/ it is the same but for all repaired values. They end without a finding,
// and have passed the probes that the wrong one has passed. Where a repaired program cannot, a
// comment of the file says so: "Cannot reach PROBE".
#include "fuzz/near_miss_test.h"

#include <cstdlib>

#include "fuzz/under_test.h"

namespace iorace::this_file {
namespace {

TEST(near_miss, each_race_has_its_repaired_program) {
  engine e;
  const auto correct = committed_traces("correct");
  for (const committed_trace& race : committed_traces("wrong")) {
    SCOPED_TRACE(race.name);
    const committed_trace* const repaired = find_trace(correct, race.name);
    ASSERT_NE(repaired, nullptr);
    expect_repaired(e, race.trace, *repaired);
  }
}

// What upstream does wrong, with all else repaired: the knob is the one that the file is named
// after. IORACE_UPDATE=1 writes those that are missing.
struct upstream_race {
  std::string knob, value;
  bool of_devices;  // of the hardware, the core, VFIO or devices that iommufd has
};
upstream_race parse_name(const std::string& name) {
  const kern::chapter_set devices =
      kern::chapter_bit(kern::chapter::hw) | kern::chapter_bit(kern::chapter::iommu) |
      kern::chapter_bit(kern::chapter::vfio_pci) | kern::chapter_bit(kern::chapter::vfio_type1) |
      kern::chapter_bit(kern::chapter::idev);
  const kern::row_set rows = kern::knobs_of(devices);
  for (std::size_t i = 0; i < kern::knobs().size(); ++i) {
    const kern::knob_info& k = kern::knobs()[i];
    const std::string upstream = k.values[0].name;
    if (name == k.name + ("-" + upstream) || name.starts_with(k.name + ("-" + upstream + "-")))
      return {k.name, upstream, kern::has_row(rows, i)};
  }
  ADD_FAILURE() << name << " is named after no knob";
  return {};
}

std::string path_of_repaired(const std::string& name) {
  return IORACE_SOURCE_DIR "/repro/correct/" + name + ".trace";
}

void write_repaired(engine& e, const committed_trace& race) {
  trace_file t = under(race.trace, "profile=repaired");
  t.notes.clear();
  t.schedule_notes.clear();
  const bound_program bound(t.program, kernel_schema());
  const kept_execution kept =
      keep(e, bound.runnable(), *race.trace.schedule, execution_of(t), t.points);
  EXPECT_TRUE(write_file(path_of_repaired(race.name),
                         print_trace(trace_of(t, kept), kernel_schema()), existing::keep));
}

TEST(near_miss, races_of_upstream_have_their_repaired_programs) {
  engine e;
  const char* const update = std::getenv("IORACE_UPDATE");
  const auto correct = committed_traces("correct");
  std::size_t seen = 0;
  for (const committed_trace& race : committed_traces("upstream")) {
    const upstream_race what = parse_name(race.name);
    if (!what.of_devices) continue;
    SCOPED_TRACE(race.name);
    ++seen;
    const committed_trace* const repaired = find_trace(correct, race.name);
    if (repaired == nullptr && update != nullptr && *update == '1')
      write_repaired(e, race);
    else
      ASSERT_NE(repaired, nullptr);
    if (repaired == nullptr) continue;
    const trace_file alone = under(race.trace, "profile=repaired," + what.knob + "=" + what.value);
    // Where other repairs are in the way it is met elsewhere.
    EXPECT_NE(keep_trace(e, alone, kernel_schema()).what.title, "");
    expect_repaired(e, alone, *repaired);
  }
  EXPECT_GE(seen, 45u);
}

TEST(near_miss, one_switch_or_call_away_all_probes_are_passed_without_a_finding) {
  engine e;
  const auto wrong = committed_traces("wrong");
  std::size_t misses = 0;
  for (const committed_trace& near : committed_traces("correct")) {
    SCOPED_TRACE(near.name);
    EXPECT_EQ(near.trace.verdict->name, "none");
    if (kind_of(near.name).empty()) continue;
    const committed_trace* const race = find_trace(wrong, race_of(near.name));
    ASSERT_NE(race, nullptr);
    ++misses;
    EXPECT_EQ(knobs_apart(race->trace, near.trace), 0u);
    const bool call = kind_of(near.name) == "one-call";
    EXPECT_EQ(calls_apart(race->trace, near.trace), call ? 1u : 0u);
    EXPECT_EQ(switches_apart(race->trace, near.trace), call ? 0u : 1u);
    EXPECT_TRUE(call || kind_of(near.name) == "one-switch");
    EXPECT_EQ(to_text(followed(e, near.trace, *near.trace.schedule)),
              to_text(*near.trace.schedule));
    EXPECT_THAT(missing(probes_of(e, race->trace), probes_of(e, near.trace)), testing::IsEmpty());
  }
  EXPECT_GE(misses, 8u);
}

}  // namespace
}  // namespace iorace::this_file
