// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The committed races: each faulty value has one, none can be made smaller, and the table of
// repro/README.md tells how small they are. (That they replay is asked of each by itself.)
#include "fuzz/repro_test.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fuzz/bind.h"
#include "fuzz/minimize.h"
#include "fuzz/program_text.h"
#include "fuzz/reduce_program.h"
#include "fuzz/trace_run.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/reduce_schedule.h"
#include "scheduler/strategies/strategy.h"

namespace iorace::this_file {
namespace {

TEST(repro, has_a_race_of_every_faulty_value) {
  const auto upstream = committed_traces("upstream"), wrong = committed_traces("wrong");
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) {
      if (std::string_view(v.expect) == "clean") continue;
      const std::string name = fmt::format("{}-{}", k.name, v.name);
      const auto shows_it = [&](const committed_trace& t) {
        return (t.name == name || t.name.starts_with(name + '-')) &&
               t.trace.title.starts_with(v.expect);
      };
      EXPECT_TRUE(std::ranges::any_of(&v == &k.values[0] ? upstream : wrong, shows_it)) << name;
    }
}

// Whether the execution of `t` ends as the race does.
bool ends_as(engine& e, const trace_file& race, const trace_file& t) {
  const bound_program bound(t.program, kernel_schema());
  const reduction_goal goal{race.verdict->name, race.title};
  return still_holds(e, bound.runnable(), input_of(t), goal).has_value();
}

constexpr std::uint64_t executions = in_this_build(500, 10);

// Whether some execution of the program of `t` does.
bool can_end_as(engine& e, const trace_file& race, const trace_file& t) {
  const bound_program bound(t.program, kernel_schema());
  const auto choose = make_strategy("portfolio");
  execution_options o = execution_of(t);
  e.promote(t.points);
  for (o.number = 0; o.number < executions; ++o.number)
    if (e.run(bound.runnable(), *choose, o).how == ended::found &&
        e.last_finding().title == race.title)
      return true;
  return false;
}

TEST(repro, of_a_race_no_call_can_go) {
  engine e;
  std::uint64_t found = 0;
  for (const committed_trace& race : committed_traces("wrong")) {
    ASSERT_TRUE(ends_as(e, race.trace, race.trace)) << race.name;
    found += can_end_as(e, race.trace, race.trace);
    for (unsigned task = 0; task <= race.trace.program.task_count(); ++task)
      for (std::size_t i = 0; i < race.trace.program.calls_of(task).size(); ++i) {
        const std::string what =
            race.name + ": " + call_label(race.trace.program.calls_of(task)[i]);
        trace_file t = race.trace;
        t.program = without_call(t.program, task, i);
        EXPECT_FALSE(ends_as(e, race.trace, t) || can_end_as(e, race.trace, t)) << what;
      }
  }
  EXPECT_GE(found, executions / 50) << "the search has to find races where they are";
}

// A switch goes with its line, or its task runs on where it was to stop.
TEST(repro, of_a_race_no_switch_and_no_choice_can_go) {
  engine e;
  for (const committed_trace& race : committed_traces("wrong")) {
    const schedule& plan = *race.trace.schedule;
    for (std::size_t i = 0; i < plan.segments.size() + plan.choices.size(); ++i) {
      trace_file t = race.trace;
      if (i >= plan.segments.size()) {
        const auto at = t.schedule->choices.begin() + static_cast<std::ptrdiff_t>(i);
        t.schedule->choices.erase(at - static_cast<std::ptrdiff_t>(plan.segments.size()));
      } else {
        segment& one = t.schedule->segments[i];
        if (std::exchange(one.until, std::nullopt)) {
          EXPECT_FALSE(ends_as(e, race.trace, t)) << race.name << ", line " << i + 1;
        }
        t.schedule->segments.erase(t.schedule->segments.begin() + static_cast<std::ptrdiff_t>(i));
      }
      EXPECT_FALSE(ends_as(e, race.trace, t)) << race.name << ", without line " << i + 1;
    }
  }
}

TEST(repro, the_minimiser_leaves_races_as_they_are) {
  unsigned looked_at = 0;
  for (const committed_trace& race : committed_traces("wrong")) {
    if (looked_at++ % in_this_build(1u, 24u) != 0) continue;
    const auto m = minimize(race.trace, kernel_schema());
    ASSERT_TRUE(m) << race.name << ": " << m.error();
    EXPECT_TRUE(m->minimal) << race.name;
    EXPECT_EQ(to_text(*m->trace.schedule), to_text(*race.trace.schedule)) << race.name;
    EXPECT_EQ(hash_of(m->trace.program), hash_of(race.trace.program)) << race.name;
    EXPECT_EQ(m->trace.steps, race.trace.steps) << race.name;
  }
}

TEST(repro, the_table_tells_their_sizes) {
  const auto readme = read_file(IORACE_SOURCE_DIR "/repro/README.md");
  ASSERT_TRUE(readme) << readme.error();
  engine e;
  for (const committed_trace& race : committed_traces("wrong")) {
    const trace_file t = trace_of(race.trace, keep_trace(e, race.trace, kernel_schema()));
    const trace_size size = size_of(t);
    const std::string row = fmt::format("\n| {} | {} | {}, {}, {} | ", race.name, t.title,
                                        size.tasks, size.calls, size.switches);
    EXPECT_NE(readme->find(row), readme->npos) << "expected a row that begins" << row;
  }
}

}  // namespace
}  // namespace iorace::this_file
