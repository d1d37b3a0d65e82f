// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace run SCENARIO.
#include <map>
#include <unistd.h>

#include <fmt/format.h>
#include <xxhash.h>

#include "fuzz/run_program.h"
#include "tools/command.h"
#include "tools/files.h"
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
    if (!options_.output.json) {
      if (auto done = write_stdout(repeat_line(options_, subject_.trace.program) + "\n"); !done)
        return tl::unexpected(done.error());
    }
    const interrupt_guard guard;
    for (std::uint64_t seed = options_.seeds.first;; ++seed) {
      if (const auto done = run_seed(seed); !done) return tl::unexpected(done.error());
      if (seed == options_.seeds.last || interrupt_guard::interrupted()) break;
    }
    return finish();
  }

 private:
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
      progress_.show(executions_ + p.executions, points_ + p.points, paths_.size() + p.findings);
      return interrupt_guard::interrupted() ||
             (options_.time_max && clock::now() - start >= *options_.time_max);
    };
    seed_report report;
    report.seed = seed;
    report.run = run_program(subject_.trace, o, kernel_schema());
    report.seconds = std::chrono::duration<double>(clock::now() - start).count();
    executions_ += report.run.sampled.executions;
    points_ += report.run.sampled.points;
    for (const trace_file& t : report.run.traces) {
      const auto path = keep_trace_file(t);
      if (!path) return tl::unexpected(path.error());
      report.paths.push_back(*path);
    }
    report.run.traces.clear();
    progress_.clear();
    if (options_.seeds.many && !options_.output.json)
      if (auto done = write_stdout(seed_line(report, colors_)); !done) return done;
    reports_.push_back(std::move(report));
    return {};
  }

  // Writes the first trace of each title; returns where it is.
  result<std::string> keep_trace_file(const trace_file& t) {
    std::string& path = paths_[t.title];
    if (!path.empty()) return path;
    const std::string text = print_trace(t, kernel_schema());
    if (options_.out.empty()) {
      path = fmt::format("./{}-{}-{:08x}.trace", subject_.name, t.verdict->name,
                         XXH3_64bits(text.data(), text.size()) & 0xffffffff);
    } else {
      path = options_.out;
      if (paths_.size() > 1) {
        const std::size_t stem = path.ends_with(".trace") ? path.size() - 6 : path.size();
        path.insert(stem, fmt::format("-{}", paths_.size()));
      }
    }
    if (const auto done = write_output(path, text); !done) return tl::unexpected(done.error());
    return path;
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
    if (!paths_.empty()) return exit_finding;
    return interrupt_guard::interrupted() ? exit_interrupted : exit_ok;
  }

  const run_request& options_;
  subject subject_;
  paint colors_;
  progress_line progress_;
  std::uint64_t executions_ = 0, points_ = 0;  // of the seeds that are done
  std::vector<seed_report> reports_;
  std::map<std::string, std::string> paths_;  // by title
};

}  // namespace

result<int> run_command(const run_request& o) {
  if (o.out == "-") return fail("-o: expected a file: standard output has the report");
  if (!o.out.empty())
    if (const auto possible = check_output(o.out); !possible)
      return tl::unexpected(possible.error());
  auto found = load_scenario(o.scenario, o.with);
  if (!found) return tl::unexpected(found.error());
  return runner(o, std::move(*found)).run();
}

}  // namespace iorace::cli
