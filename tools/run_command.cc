// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace run SCENARIO.
#include <unistd.h>

#include <fmt/format.h>

#include "tools/checkpoint.h"
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
  // Requires: `at` is of this run.
  runner(const run_request& o, subject s, checkpoint at)
      : options_(o),
        subject_(std::move(s)),
        colors_(use_color(o.output.color, STDOUT_FILENO)),
        file_(o.resume),
        at_(std::move(at)) {}

  result<int> run(program_state from) {
    subject_.trace.options.fair |= options_.fair;
    if (!options_.resume.empty())
      if (auto done = file_.save(at_, from.sampled, from.reached); !done)
        return tl::unexpected(done.error());
    if (!options_.output.json) {
      if (auto done = write_stdout(repeat_line(options_, subject_.trace.program) + "\n"); !done)
        return tl::unexpected(done.error());
    }
    for (const seed_report& r : at_.done)
      if (const auto done = end_seed(r); !done) return tl::unexpected(done.error());
    const interrupt_guard guard;
    for (;; ++at_.seed, from = program_state()) {
      seed_report report;
      report.seed = at_.seed;
      if (const auto done = run_seed(report, std::move(from)); !done)
        return tl::unexpected(done.error());
      if (const auto done = end_seed(report); !done) return tl::unexpected(done.error());
      at_.done.push_back(std::move(report));
      if (at_.seed == options_.seeds.last || over()) break;
    }
    return finish();
  }

 private:
  // The time is that of all seeds together. A checkpoint does not go on past a trace that is
  // missing.
  bool over() const {
    return interrupt_guard::interrupted() || (unwritten_ && !options_.resume.empty()) ||
           (options_.time_max && clock::now() - start_ >= *options_.time_max);
  }

  result<void> run_seed(seed_report& report, program_state from) {
    sample_options o;
    o.strategy = options_.strategy;
    o.executions_max = options_.executions_max;
    o.keep_going = options_.keep_going;
    o.jobs = options_.jobs;
    o.statistics = options_.statistics;
    o.each.seed = at_.seed;
    const auto start = clock::now();
    result<void> kept;
    o.stop = [&](const sample_progress& p) {
      progress_.show(executions_ + p.executions, points_ + p.points, at_.paths.size());
      return !kept || over();
    };
    const std::size_t known = from.sampled.result.findings.size();
    bool changed = false;  // since the last checkpoint
    program_watch watch;
    watch.found = [&](const sampled_finding& f, const trace_file& t) {
      const bool is_new = report.paths.size() >= known;
      keep_finding(report, f, t, is_new);
      changed |= is_new;
    };
    watch.checkpoint = [&](const sample_state& s, const reached_rows& r) {
      const bool last = s.result.stopped || s.result.executions == o.executions_max;
      if (!kept || unwritten_ || options_.resume.empty() || !(changed || last || file_.due()))
        return;
      kept = file_.save(at_, s, r);
      changed = false;
    };
    report.run = run_program(subject_.trace, o, kernel_schema(), watch, std::move(from));
    report.seconds = std::chrono::duration<double>(clock::now() - start).count();
    report.run.traces.clear();
    return kept;
  }

  // Its trace is on the disk before anybody hears of it.
  void keep_finding(seed_report& report, const sampled_finding& f, const trace_file& t,
                    bool is_new) {
    const auto path = traces_.keep(t);
    if (!path && !unwritten_) unwritten_ = path.error();
    report.paths.push_back(path.value_or(""));
    if (!options_.keep_going || !is_new) return;
    progress_.clear();
    write_stderr(found_line(f, path.value_or("not written")));
  }

  result<void> end_seed(const seed_report& report) {
    executions_ += report.run.sampled.executions;
    points_ += report.run.sampled.points;
    progress_.clear();
    if (!options_.seeds.many || options_.output.json) return {};
    return write_stdout(seed_line(report, colors_));
  }

  result<int> finish() {
    const std::vector<seed_report>& reports = at_.done;
    const bool interrupted = interrupt_guard::interrupted();
    std::string text;
    if (options_.output.json) {
      json all = json::array();
      for (const seed_report& r : reports)
        all.push_back(run_json(options_, subject_.trace, subject_.name, r));
      json out = options_.seeds.many ? json{{"runs", all}} : all[0];
      out["interrupted"] = interrupted;
      text = json_text(out);
    } else {
      text = options_.seeds.many ? seeds_text(subject_.trace, reports, colors_)
                                 : run_text(subject_.trace, reports[0], colors_);
      if (interrupted) text += "interrupted\n";
    }
    if (auto done = write_stdout(text); !done) return tl::unexpected(done.error());
    if (unwritten_) return tl::unexpected(*unwritten_);
    if (!at_.paths.empty()) return exit_finding;
    return interrupted ? exit_interrupted : exit_ok;
  }

  const run_request& options_;
  subject subject_;
  paint colors_;
  progress_line progress_;
  const clock::time_point start_ = clock::now();
  checkpoint_file file_;
  checkpoint at_;
  finding_files traces_{subject_.name, options_.out, at_.paths};
  std::uint64_t executions_ = 0, points_ = 0;  // of the seeds that are done
  std::optional<failure> unwritten_;           // why a trace is missing: said after what was found
};

// Says what becomes of a checkpoint.
result<void> announce(const run_request& o, const resumed_run& r) {
  const std::uint64_t executions = r.state.sampled.result.executions;
  if (executions > o.executions_max)
    return fail(fmt::format("{}: has {} executions, expected at most {} (--max-executions)",
                            o.resume, executions, o.executions_max));
  const bool stopped = !o.keep_going && !r.state.sampled.result.findings.empty();
  const bool ended = (stopped || executions == o.executions_max) && r.at.seed == o.seeds.last;
  note(fmt::format("{}: {}", o.resume,
                   ended ? "this run has ended, its result is"
                         : fmt::format("the run goes on after {} executions{}", executions,
                                       o.seeds.many ? fmt::format(" of seed {}", r.at.seed) : "")));
  return {};
}

}  // namespace

result<int> run_command(const run_request& o) {
  if (o.resume == "-") return fail("--resume: expected a file");
  auto found = load_scenario(o.scenario, o.with);
  if (!found) return tl::unexpected(found.error());
  if (o.faults) found->trace.options.faults = *o.faults;
  checkpoint at = checkpoint_of(o, *found);
  program_state from;
  std::optional<resumed_run> resumed;
  if (!o.resume.empty()) {
    auto loaded = load_checkpoint(o.resume, at);
    if (!loaded) return tl::unexpected(loaded.error());
    resumed = std::move(*loaded);
  }
  // What is there may be the trace of a finding that the run was killed at.
  if (const auto possible = finding_files::check(resumed && o.out != "-" ? "" : o.out); !possible)
    return tl::unexpected(possible.error());
  if (resumed) {
    if (const auto possible = announce(o, *resumed); !possible)
      return tl::unexpected(possible.error());
    at = std::move(resumed->at);
    from = std::move(resumed->state);
  }
  return runner(o, std::move(*found), std::move(at)).run(std::move(from));
}

}  // namespace iorace::cli
