// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace minimize FILE.
#include <unistd.h>

#include <fmt/format.h>

#include "fuzz/minimize.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/load.h"
#include "tools/program_report.h"

namespace iorace::cli {
namespace {

std::string output_path(const minimize_request& o) {
  if (!o.out.empty()) return o.out;
  if (o.file == "-") return "-";
  std::string path = o.file;
  if (path.ends_with(".trace")) path.resize(path.size() - 6);
  return path + ".min.trace";
}

std::string size_text(const trace_size& s) {
  return fmt::format("{} CPUs, {} calls, {} switches, {} steps", s.tasks, s.calls, s.switches,
                     s.steps);
}

json size_json(const trace_size& s) {
  return {{"tasks", s.tasks}, {"calls", s.calls}, {"switches", s.switches}, {"steps", s.steps}};
}

std::string report_text(const minimized& m, const std::string& path, const paint& colors) {
  std::string text = fmt::format("before: {}\nafter:  {}{}\n", size_text(m.before),
                                 size_text(m.after), m.minimal ? "" : " (stopped early)");
  text += colors.bad(m.trace.title) + "\n";
  if (path != "-") text += fmt::format("replay: {}\n", replay_line(path));
  return text;
}

// What is known of a trace before anything comes of it.
json fields_of(const trace_file& t, const trace_size& before) {
  return {{"verdict", t.verdict ? json(t.verdict->name) : json()},
          {"title", t.title.empty() ? json() : json(t.title)},
          {"before", size_json(before)},
          {"after", json()},
          {"minimal", false},
          {"trace", json()}};
}

std::string report_json(const minimized& m, const std::string& path) {
  json all = fields_of(m.trace, m.before);
  all["after"] = size_json(m.after);
  all["minimal"] = m.minimal;
  all["trace"] = path;
  return json_text(all);
}

// What minimize() said of a trace that it could do nothing with.
std::string failure_json(const trace_file& t, const std::string& what) {
  json all = fields_of(t, size_of(t));
  all["what"] = what;
  return json_text(all);
}

}  // namespace

result<int> minimize_command(const minimize_request& o) {
  const std::string path = output_path(o);
  if (path == "-" && o.output.json)
    return fail("-o: expected a file: with --format json standard output has the report");
  if (!o.out.empty())
    if (const auto possible = check_output(o.out); !possible)
      return tl::unexpected(possible.error());
  const auto found = load_file(o.file, o.with);
  if (!found) return tl::unexpected(found.error());
  const interrupt_guard guard;
  minimize_options how;
  how.keep_program = o.keep_program;
  progress_line progress;
  std::uint64_t candidates = 0;
  how.stop = [&] {
    progress.show_count("candidates", ++candidates);
    return interrupt_guard::interrupted();
  };
  const auto m = minimize(found->trace, kernel_schema(), how);
  progress.clear();
  if (!m) {
    note(o.file + ": " + m.error());
    if (o.output.json)
      if (const auto done = write_stdout(failure_json(found->trace, m.error())); !done)
        return tl::unexpected(done.error());
    return exit_finding;
  }
  if (const auto done = write_output(path, print_trace(m->trace, kernel_schema())); !done)
    return tl::unexpected(done.error());
  if (path == "-") {
    write_stderr(report_text(*m, path, paint(use_color(o.output.color, STDERR_FILENO))));
  } else {
    const paint colors(use_color(o.output.color, STDOUT_FILENO));
    const auto done =
        write_stdout(o.output.json ? report_json(*m, path) : report_text(*m, path, colors));
    if (!done) return tl::unexpected(done.error());
  }
  return interrupt_guard::interrupted() ? exit_interrupted : exit_ok;
}

}  // namespace iorace::cli
