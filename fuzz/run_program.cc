// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/run_program.h"

#include "fuzz/bind.h"
#include "fuzz/trace_run.h"
#include "scheduler/explore/keep.h"

namespace iorace {
namespace {

// A finding ends its execution before its calls return: from fewer executions nothing follows about
// calls that did not succeed.
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
    bound.count_latest();
    trace_file& found = run.traces.emplace_back(trace_of(t, kept));
    found.seed = f.options.seed;
    found.strategy = f.strategy;
    found.options.fair = f.options.fair;
  }
  run.never = unreached_by(
      bound, s, run.sampled.findings.empty() || run.sampled.executions >= enough_executions);
  return run;
}

}  // namespace iorace
