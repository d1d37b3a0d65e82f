// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/run_program.h"

#include <fmt/format.h>

#include "fuzz/bind.h"
#include "fuzz/program_text.h"
#include "fuzz/trace_run.h"
#include "scheduler/explore/keep.h"

namespace iorace {
namespace {

// A finding ends its execution before its calls return: from fewer executions nothing follows about
// calls that did not succeed.
constexpr std::uint64_t enough_executions = 100;

template <class Rows>
std::vector<std::string> names_without(const Rows& rows, std::uint64_t bits) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if ((bits >> i & 1) == 0) names.push_back(rows[i].name);
  return names;
}

std::vector<std::string> failing_calls(const program_data& p, const std::vector<bool>& succeeded) {
  std::vector<std::string> calls;
  std::size_t index = 0;
  for (unsigned task = 0; task <= p.task_count(); ++task)
    for (const call& c : p.calls_of(task)) {
      if (index < succeeded.size() && !succeeded[index] && c.expected.value_or(0) == 0)
        calls.push_back(fmt::format("{}: {}", task_title(p, task), call_label(c)));
      ++index;
    }
  return calls;
}

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
  run.never.knobs = names_without(s.knobs, bound.knobs_consulted());
  run.never.probes = names_without(kern::probes(), bound.probes_reached());
  run.never.probes_reached = kern::probes().size() - run.never.probes.size();
  if (run.sampled.findings.empty() || run.sampled.executions >= enough_executions)
    run.never.calls = failing_calls(t.program, bound.calls_succeeded());
  return run;
}

}  // namespace iorace
