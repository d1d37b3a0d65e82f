// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/run_program.h"

#include "fuzz/trace_run.h"
#include "scheduler/engine/check.h"
#include "scheduler/explore/keep.h"

namespace iorace {
namespace {

// From fewer executions nothing follows about calls that did not succeed: a finding ends its
// execution before its calls return, and a run may have been ended before it began.
constexpr std::uint64_t enough_executions = 100;

sample_options options_of(const trace_file& t, const sample_options& o) {
  sample_options options = o;
  options.each = execution_of(t);
  options.each.seed = o.each.seed;
  options.each.fair |= o.each.fair;
  options.points = t.points;
  return options;
}

trace_file trace_of_finding(const trace_file& t, const sampled_finding& f,
                            const kept_execution& kept) {
  trace_file found = trace_of(t, kept);
  found.seed = f.options.seed;
  found.strategy = f.strategy;
  found.options.fair = f.options.fair;
  return found;
}

}  // namespace

program_run run_program(const trace_file& t, const sample_options& o, const schema& s,
                        const program_watch& watch, program_state from) {
  bound_program bound(t.program, s);
  bound.reached_before(from.reached);
  program_run run;
  engine e;
  const auto tell = [&](const std::vector<sampled_finding>& findings) {
    for (std::size_t i = run.traces.size(); i < findings.size(); ++i) {
      const sampled_finding& f = findings[i];
      const kept_execution kept = keep(e, bound.runnable(), f);
      CHECK(kept.what.title == f.what.title, "an execution that is made again is another one");
      bound.count_latest(f.options.number);
      run.traces.push_back(trace_of_finding(t, f, kept));
      if (watch.found) watch.found(f, run.traces.back());
    }
  };
  tell(from.sampled.result.findings);
  sample_options options = options_of(t, o);
  options.checkpoint = [&](const sample_state& now) {
    tell(now.result.findings);
    if (watch.checkpoint) watch.checkpoint(now, bound.reached(now.result.executions));
  };
  run.sampled = sample(bound.runnable(), options, std::move(from.sampled));

  const bool whole = run.sampled.findings.empty() && !run.sampled.stopped;
  run.never = unreached_by(t.program, bound.reached(run.sampled.executions), s,
                           whole || run.sampled.executions >= enough_executions);
  return run;
}

}  // namespace iorace
