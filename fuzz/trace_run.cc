// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/trace_run.h"

#include <sstream>

#include "scheduler/engine/check.h"
#include "scheduler/record/steps_text.h"

namespace iorace {
namespace {

std::vector<std::string> lines_of_steps(const recording& r) {
  std::istringstream text(to_text(steps_of(r)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

execution_options execution_of(const trace_file& t) {
  execution_options o;
  o.seed = t.seed.value_or(0);
  o.faults_max = t.options.faults;
  o.fair = t.options.fair;
  o.points_max = t.options.points;
  return o;
}

replay_input input_of(const trace_file& t) {
  return {t.schedule.value_or(schedule{}), t.points, execution_of(t)};
}

expectation expectation_of(const trace_file& t) {
  expectation want;
  for (const std::string& line : t.steps) {
    auto step = parse_step(line, 1, want.steps.size() + 1);
    CHECK(step.has_value(), "the steps of a trace are malformed");
    want.steps.push_back(std::move(*step));
  }
  if (!t.title.empty()) want.title = t.title;
  if (t.verdict) {
    want.verdict = t.verdict->name;
    want.detail = t.verdict->detail;
    want.digest = t.verdict->digest;
  }
  return want;
}

trace_file trace_of(const trace_file& base, const kept_execution& kept) {
  trace_file t = base;
  t.program = latest_program();
  t.title = kept.what.title;
  t.schedule = kept.plan;
  t.schedule_notes.clear();
  t.points = kept.points;
  t.steps = lines_of_steps(kept.steps);
  const bool found = kept.what.kind != verdict::none;
  t.verdict = trace_verdict{found ? kept.what.name : "none", kept.what.detail, kept.result.digest};
  return t;
}

kept_execution keep_trace(engine& e, const trace_file& t, const schema& s) {
  const bound_program bound(t.program, s);
  const replay_input in = input_of(t);
  return keep(e, bound.runnable(), in.plan, in.options, in.points);
}

}  // namespace iorace
