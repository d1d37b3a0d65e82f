// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/run_program.h"

#include "fuzz/bind.h"
#include "fuzz/trace_run.h"
#include "scheduler/engine/check.h"
#include "scheduler/explore/keep.h"

namespace iorace {
namespace {

// From fewer executions nothing follows about calls that did not succeed: a finding ends its
// execution before its calls return, and a run may have been ended before it began.
constexpr std::uint64_t enough_executions = 100;

}  // namespace

program_run run_program(const trace_file& t, const sample_options& o, const schema& s) {
  bound_program bound(t.program, s);
  sample_options options = o;
  options.each = execution_of(t);
  options.each.seed = o.each.seed;
  options.each.fair |= o.each.fair;
  options.points = t.points;

  program_run run;
  run.sampled = sample(bound.runnable(), options);
  engine e;
  for (const sampled_finding& f : run.sampled.findings) {
    const kept_execution kept = keep(e, bound.runnable(), f);
    CHECK(kept.what.title == f.what.title, "an execution that is made again is another one");
    bound.count_latest();
    trace_file& found = run.traces.emplace_back(trace_of(t, kept));
    found.seed = f.options.seed;
    found.strategy = f.strategy;
    found.options.fair = f.options.fair;
  }
  const bool whole = run.sampled.findings.empty() && !run.sampled.stopped;
  run.never = unreached_by(bound, s, whole || run.sampled.executions >= enough_executions);
  return run;
}

}  // namespace iorace
