// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace verify SCENARIO.
#include <unistd.h>

#include "tools/files.h"
#include "tools/finding_files.h"
#include "tools/load.h"
#include "tools/verify_report.h"

namespace iorace::cli {
namespace {

using clock = std::chrono::steady_clock;

verify_options options_of(const verify_request& o, progress_line& progress) {
  verify_options how;
  how.preemptions = o.preemptions;
  if (o.executions_max) how.executions_max = *o.executions_max;
  const auto start = clock::now();
  how.stop = [&o, &progress, start](const verify_progress& p) {
    progress.show(p.executions, p.points, p.findings);
    return interrupt_guard::interrupted() || (o.time_max && clock::now() - start >= *o.time_max);
  };
  return how;
}

int status_of(const verify_result& v) {
  if (!v.findings.empty()) return exit_finding;
  if (interrupt_guard::interrupted()) return exit_interrupted;
  return v.complete ? exit_ok : exit_partial;
}

}  // namespace

result<int> verify_command(const verify_request& o) {
  if (const auto possible = finding_files::check(o.out); !possible)
    return tl::unexpected(possible.error());
  auto found =
      load_scenario(o.scenario, o.with, o.whole ? scenario_size::whole : scenario_size::small);
  if (!found) return tl::unexpected(found.error());
  if (o.faults) found->trace.options.faults = *o.faults;
  if (const auto possible = check_verifiable(found->trace); !possible)
    return fail(o.scenario + ": " + possible.error());
  const program_data& p = found->trace.program;
  if (!o.output.json)
    if (auto done = write_stdout(head_text(o, *found)); !done) return tl::unexpected(done.error());

  const interrupt_guard guard;
  progress_line progress;
  const auto start = clock::now();
  auto all = verify_program(found->trace, options_of(o, progress), kernel_schema());
  progress.clear();
  if (!all) return fail(o.scenario + ": " + all.error());
  verify_report report{
      std::chrono::duration<double>(clock::now() - start).count(), std::move(*all), {}};
  std::map<std::string, std::string> paths;
  finding_files files(found->name, o.out, paths);
  std::optional<failure> unwritten;
  for (const trace_file& t : report.all.traces) {
    const auto path = files.keep(t);
    if (!path && !unwritten) unwritten = path.error();
    report.paths.push_back(path.value_or(""));
  }
  json out;
  if (o.output.json) {
    out = verify_json(o, *found, report);
    out["interrupted"] = interrupt_guard::interrupted();
  }
  const paint colors(use_color(o.output.color, STDOUT_FILENO));
  const auto done =
      write_stdout(o.output.json ? json_text(out) : verify_text(o, p, report, colors));
  if (!done) return tl::unexpected(done.error());
  if (unwritten) return tl::unexpected(*unwritten);
  return status_of(report.all.verified);
}

}  // namespace iorace::cli
