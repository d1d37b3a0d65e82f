// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Printing; reading is in trace_parser.cc, files are in files.cc.
#include "fuzz/trace_file.h"

#include <fmt/format.h>

#include "fuzz/settings.h"

namespace iorace {
namespace {

class printer {
 public:
  explicit printer(const trace_file& t) : t_(t) {}

  void title(std::string_view name, std::string_view text) {
    const comments& notes = notes_of(name);
    print_above(notes, to);
    to += text;
    print_behind(notes, to);
  }
  void key(std::string_view name, std::string_view value) {
    if (!value.empty()) title(name, key_line(name, value));
  }

  void schedule() {
    title("[schedule]", "[schedule]");
    const std::size_t lines = t_.schedule->segments.size() + t_.schedule->choices.size();
    std::size_t next = 0;
    const auto line = [&](std::string_view text) {
      static const comments none;
      const comments& notes = t_.schedule_notes.size() == lines ? t_.schedule_notes[next++] : none;
      print_above(notes, to);
      to += text;
      print_behind(notes, to);
    };
    for (const segment& s : t_.schedule->segments) line(to_text(s));
    for (const choice& c : t_.schedule->choices) line(fmt::format("choose {} {}", c.site, c.value));
  }

  void points() {
    const std::vector<std::string> lines = points_lines(t_.points);
    title("[points]", lines[0]);
    for (std::size_t i = 1; i < lines.size(); ++i) to += lines[i] + "\n";
  }

  std::string to;

 private:
  const comments& notes_of(std::string_view name) const {
    static const comments none;
    const auto found = t_.notes.find(name);
    return found == t_.notes.end() ? none : found->second;
  }
  const trace_file& t_;
};

}  // namespace

std::string print_trace(const trace_file& t, const schema& s) {
  printer out(t);
  out.title("iorace-trace", "iorace-trace 1");
  out.key("title", t.title);
  out.key("profile", profile_name(t.program.profile));
  out.key("knobs", knobs_text(t.program, s));
  out.key("limits", limits_text(t.program, s));
  out.key("options", options_text(t.options));
  if (t.seed) out.key("seed", fmt::format("{:#x}", *t.seed));
  out.key("strategy", t.strategy);
  out.to += '\n';
  print_program(t.program, out.to);
  if (t.schedule) out.schedule();
  if (!t.points.empty()) out.points();
  if (!t.steps.empty()) {
    out.title("[steps]", "[steps]");
    for (const std::string& line : t.steps) out.to += line + "\n";
  }
  if (t.verdict) {
    out.title("[verdict]", "[verdict]");
    out.to += verdict_text(*t.verdict);
  }
  if (const auto end = t.notes.find("end"); end != t.notes.end()) print_above(end->second, out.to);
  return out.to;
}

}  // namespace iorace
