// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Printing; reading is in trace_parser.cc, files are in files.cc.
#include "fuzz/trace_file.h"

#include <fmt/format.h>

#include "fuzz/settings.h"

namespace iorace {
namespace {

constexpr std::size_t columns = 100;

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
    if (!value.empty()) title(name, fmt::format("{:<9} {}", name, value));
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
    std::string first = "[points]";
    std::size_t next = 0;
    for (; next < t_.points.size() && first.size() + 1 + t_.points[next].size() <= columns; ++next)
      first += " " + t_.points[next];
    title("[points]", first);
    for (; next < t_.points.size(); ++next) to += t_.points[next] + "\n";
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

std::string options_text(const trace_options& o) {
  std::string text;
  const auto add = [&](std::string_view name, auto value, auto dull) {
    if (value != dull) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  };
  add("faults", o.faults, trace_options{}.faults);
  add("fair", o.fair ? 1 : 0, 0);
  add("points", o.points, trace_options{}.points);
  return text;
}

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
    out.to += t.verdict->name + (t.verdict->detail.empty() ? "" : " ") + t.verdict->detail + "\n";
    if (t.verdict->digest) out.to += fmt::format("digest {:016x}\n", *t.verdict->digest);
  }
  if (const auto end = t.notes.find("end"); end != t.notes.end()) print_above(end->second, out.to);
  return out.to;
}

}  // namespace iorace
