// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace run SCENARIO.
#include <unistd.h>

#include "fuzz/run_program.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/finding_files.h"
#include "tools/load.h"
#include "tools/report.h"

namespace iorace::cli {
namespace {

using clock = std::chrono::steady_clock;

class runner {
 public:
  runner(const run_request& o, subject s)
      : options_(o), subject_(std::move(s)), colors_(use_color(o.output.color, STDOUT_FILENO)) {}

  result<int> run() {
    subject_.trace.options.fair |= options_.fair;
    if (options_.faults) subject_.trace.options.faults = *options_.faults;
    if (!options_.output.json) {
      if (auto done = write_stdout(repeat_line(options_, subject_.trace.program) + "\n"); !done)
        return tl::unexpected(done.error());
    }
    const interrupt_guard guard;
    for (std::uint64_t seed = options_.seeds.first;; ++seed) {
      if (const auto done = run_seed(seed); !done) return tl::unexpected(done.error());
      if (seed == options_.seeds.last || over()) break;
    }
    return finish();
  }

 private:
  // The time is that of all seeds together.
  bool over() const {
    return interrupt_guard::interrupted() ||
           (options_.time_max && clock::now() - start_ >= *options_.time_max);
  }

  result<void> run_seed(std::uint64_t seed) {
    sample_options o;
    o.strategy = options_.strategy;
    o.executions_max = options_.executions_max;
    o.keep_going = options_.keep_going;
    o.jobs = options_.jobs;
    o.statistics = options_.statistics;
    o.each.seed = seed;
    const auto start = clock::now();
    o.stop = [&](const sample_progress& p) {
      progress_.show(executions_ + p.executions, points_ + p.points, traces_.count() + p.findings);
      return over();
    };
    seed_report report;
    report.seed = seed;
    report.run = run_program(subject_.trace, o, kernel_schema());
    report.seconds = std::chrono::duration<double>(clock::now() - start).count();
    executions_ += report.run.sampled.executions;
    points_ += report.run.sampled.points;
    for (const trace_file& t : report.run.traces) {
      const auto path = traces_.keep(t);
      if (!path && !unwritten_) unwritten_ = path.error();
      report.paths.push_back(path.value_or(""));
    }
    report.run.traces.clear();
    progress_.clear();
    if (options_.seeds.many && !options_.output.json)
      if (auto done = write_stdout(seed_line(report, colors_)); !done) return done;
    reports_.push_back(std::move(report));
    return {};
  }

  result<int> finish() {
    std::string text;
    if (options_.output.json) {
      json all = json::array();
      for (const seed_report& r : reports_)
        all.push_back(run_json(options_, subject_.trace, subject_.name, r));
      const bool interrupted = interrupt_guard::interrupted();
      json out = options_.seeds.many ? json{{"runs", all}} : all[0];
      out["interrupted"] = interrupted;
      text = out.dump(2) + "\n";
    } else {
      text = options_.seeds.many ? seeds_text(subject_.trace, reports_, colors_)
                                 : run_text(subject_.trace, reports_[0], colors_);
      if (interrupt_guard::interrupted()) text += "interrupted\n";
    }
    if (auto done = write_stdout(text); !done) return tl::unexpected(done.error());
    if (unwritten_) return tl::unexpected(*unwritten_);
    if (traces_.count() != 0) return exit_finding;
    return interrupt_guard::interrupted() ? exit_interrupted : exit_ok;
  }

  const run_request& options_;
  subject subject_;
  paint colors_;
  progress_line progress_;
  const clock::time_point start_ = clock::now();
  std::uint64_t executions_ = 0, points_ = 0;  // of the seeds that are done
  std::vector<seed_report> reports_;
  std::optional<failure> unwritten_;  // why a trace is missing: said after what was found
  finding_files traces_{subject_.name, options_.out};
};

}  // namespace

result<int> run_command(const run_request& o) {
  if (const auto possible = finding_files::check(o.out); !possible)
    return tl::unexpected(possible.error());
  auto found = load_scenario(o.scenario, o.with);
  if (!found) return tl::unexpected(found.error());
  return runner(o, std::move(*found)).run();
}

}  // namespace iorace::cli
