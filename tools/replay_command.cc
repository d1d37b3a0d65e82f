// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace replay FILE...
#include <algorithm>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "fuzz/trace_run.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/load.h"
#include "tools/program_report.h"

namespace iorace::cli {
namespace {

constexpr int exit_skip = 125;  // git bisect run: this commit cannot be judged

struct file_result {
  std::string file;
  std::string expected, got;  // a title, or a verdict where there is none
  replay_status status = replay_status::malformed;
  std::string what;       // one line, empty for `same`
  bool located = false;   // `what` begins with its place
  std::string relocated;  // path of the proposal, if there is one
};

std::string title_or_verdict(const std::string& title, const std::string& verdict) {
  return title.empty() ? verdict : title;
}

bool update_wanted() {
  const char* const value = std::getenv("IORACE_UPDATE");
  return value != nullptr && std::string_view(value) == "1";
}

std::string relocated_path(std::string file) {
  if (file == "-") file = "stdin";
  if (file.ends_with(".trace")) file.resize(file.size() - 6);
  return file + ".relocated.trace";
}

class replayer {
 public:
  explicit replayer(const replay_request& o) : options_(o) {}

  file_result replay_file(const std::string& path) {
    file_result r{.file = path, .expected = {}, .got = {}, .what = {}, .relocated = {}};
    const auto found = load_file(path, options_.with);
    if (!found) {
      r.what = found.error().text;
      r.located = found.error().located;
      return r;
    }
    if (!found->trace.verdict && !update_) {
      r.what = path + ": has no [verdict] (is it truncated?), expected one to compare with";
      return r;
    }
    const expectation want = expectation_of(found->trace);
    const bound_program bound(found->trace.program, kernel_schema());
    const replay_input in = input_of(found->trace);
    const replay_report got = replay_trace(engine_, bound.runnable(), in, want);
    r.expected = title_or_verdict(want.title.value_or(""), want.verdict.value_or(""));
    r.got = title_or_verdict(got.title, got.verdict);
    r.status = got.status;
    r.what = got.what;
    if (got.status == replay_status::lost && options_.relocate) relocate_file(*found, in, want, r);
    if (update_ && (got.status == replay_status::drifted || !found->trace.verdict))
      update_file(*found, in, r);
    return r;
  }

  int exit_of(replay_status s) const {
    switch (s) {
      case replay_status::same:
        return exit_ok;
      case replay_status::drifted:
        return options_.strict ? exit_lost : exit_ok;
      case replay_status::changed:
        return exit_finding;
      case replay_status::lost:
      case replay_status::nondeterministic:
        return exit_lost;
      case replay_status::malformed:
        return exit_usage;
    }
    return exit_usage;
  }

 private:
  void relocate_file(const subject& s, const replay_input& in, const expectation& want,
                     file_result& r) {
    const bound_program bound(s.trace.program, kernel_schema());
    const auto plan = relocate(engine_, bound.runnable(), in, want);
    if (!plan) {
      r.what += "; no place nearby leads to the finding";
      return;
    }
    const kept_execution kept = keep(engine_, bound.runnable(), *plan, in.options, in.points);
    const std::string path = relocated_path(r.file);
    const auto done = write_output(path, print_trace(trace_of(s.trace, kept), kernel_schema()));
    if (done)
      r.relocated = path;
    else
      r.what += "; " + done.error().text;
  }

  // The derived sections follow the tree; verdict and title are what they were, or, where the file
  // had none, what its execution comes to.
  void update_file(const subject& s, const replay_input& in, file_result& r) {
    const bound_program bound(s.trace.program, kernel_schema());
    const kept_execution kept = keep(engine_, bound.runnable(), in.plan, in.options, in.points);
    trace_file t = trace_of(s.trace, kept);
    t.schedule = s.trace.schedule;
    t.schedule_notes = s.trace.schedule_notes;
    if (s.trace.verdict && s.trace.steps.empty()) t.steps.clear();
    const auto done = write_file(r.file, print_trace(t, kernel_schema()), existing::replace);
    if (!r.what.empty()) r.what += "; ";
    r.what += done ? "updated" : done.error();
  }

  const replay_request& options_;
  // As for goldens: the tree has changed on purpose, and the diff will be reviewed.
  // With other settings it would become the trace of something else.
  const bool update_ = update_wanted() && options_.with.command.knobs.empty() &&
                       options_.with.command.limits.empty() && !options_.with.command.says_profile;
  engine engine_;
};

json result_json(const file_result& r) {
  json one = {
      {"file", r.file}, {"expected", r.expected}, {"got", r.got}, {"status", name_of(r.status)}};
  if (!r.what.empty()) one["what"] = r.what;
  if (!r.relocated.empty()) one["relocated"] = r.relocated;
  return one;
}

std::string result_text(const file_result& r, const paint& colors) {
  const bool good = r.status == replay_status::same || r.status == replay_status::drifted;
  const std::string status = good ? colors.good(name_of(r.status)) : colors.bad(name_of(r.status));
  std::string text = fmt::format("{:<8}  {}  {}\n", status, r.file, r.got);
  if (!r.what.empty()) text += "  " + r.what + "\n";
  if (!r.relocated.empty()) text += "  proposal: " + r.relocated + "\n";
  return text;
}

// The first that applies of 2, 3, 1, 0.
int combined(int a, int b) {
  static constexpr int order[] = {exit_ok, exit_finding, exit_lost, exit_usage};
  return std::find(std::begin(order), std::end(order), a) >
                 std::find(std::begin(order), std::end(order), b)
             ? a
             : b;
}

}  // namespace

result<int> replay_command(const replay_request& o) {
  const auto files = inputs_of(o.files);
  if (!files) return tl::unexpected(files.error());
  const interrupt_guard guard;
  const paint colors(use_color(o.output.color, STDOUT_FILENO));
  progress_line progress;
  replayer r(o);
  json results = json::array();
  int status = exit_ok;
  std::size_t done = 0;
  for (const std::string& file : *files) {
    if (interrupt_guard::interrupted()) break;
    const file_result one = r.replay_file(file);
    status = combined(status, r.exit_of(one.status));
    progress.clear();
    if (o.output.json) {
      results.push_back(result_json(one));
      progress.show_count("replayed", ++done, files->size());
    } else if (one.status != replay_status::malformed) {
      const auto written = write_stdout(result_text(one, colors));
      if (!written) return tl::unexpected(written.error());
    }
    if (one.status == replay_status::malformed)
      write_stderr(fmt::format("{}{}\n", one.located ? "" : "iorace: ", one.what));
  }
  if (o.output.json) {
    const auto written = write_stdout(json_text({{"results", results}}));
    if (!written) return tl::unexpected(written.error());
  }
  if (interrupt_guard::interrupted() && status == exit_ok) return exit_interrupted;
  return o.bisect && (status == exit_usage || status == exit_lost) ? exit_skip : status;
}

}  // namespace iorace::cli
