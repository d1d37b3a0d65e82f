// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of near misses: how far two traces are apart, and what they pass.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "fuzz/bind.h"
#include "fuzz/program_text.h"
#include "fuzz/repro_test.h"
#include "fuzz/trace_run.h"

namespace iorace {

using names = std::set<std::string>;

inline const committed_trace* find_trace(const std::vector<committed_trace>& all,
                                         std::string_view name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.name == name; });
  return at == all.end() ? nullptr : &*at;
}

// "one-switch" of "NAME.one-switch"; nothing of a repaired program.
inline std::string_view kind_of(const std::string& name) {
  const std::size_t at = name.rfind(".one-");
  return at == name.npos ? std::string_view() : std::string_view(name).substr(at + 1);
}
inline std::string_view race_of(const std::string& name) {
  return std::string_view(name).substr(0, name.rfind(".one-"));
}

// The probes that the program's own calls pass: closing its files at the end is left out.
inline names probes_of(engine& e, const trace_file& t) {
  bound_program bound(t.program, kernel_schema());
  program p = bound.runnable();
  p.check = [](void*) {};
  const replay_input in = input_of(t);
  keep(e, p, in.plan, in.options, in.points);
  bound.count_latest();
  names reached;
  for (std::size_t i = 0; i < kern::probes().size(); ++i)
    if (kern::has_row(bound.reached().probes, i)) reached.insert(kern::probes()[i].name);
  return reached;
}

inline names missing(const names& all, const names& some) {
  names rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
inline std::vector<std::string> program_lines(const trace_file& t) {
  std::string text;
  print_program(t.program, text);
  return lines_of(text);
}

// How many lines two texts differ in: those between the beginning and the end that they share.
inline std::size_t distance(std::vector<std::string> a, std::vector<std::string> b) {
  while (!a.empty() && !b.empty() && a.back() == b.back()) a.pop_back(), b.pop_back();
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  return std::max(a.size(), b.size()) - same;
}
// A switch stops a task where it could go on, a choice is one, too. Which task comes next where one
// has to wait counts only if nothing else differs.
inline schedule stops_of(schedule s) {
  std::erase_if(s.segments, [](const segment& x) { return !x.until; });
  return s;
}
inline std::size_t switches_apart(const trace_file& a, const trace_file& b) {
  const auto apart = [](const schedule& x, const schedule& y) {
    return distance(lines_of(to_text(x)), lines_of(to_text(y)));
  };
  const std::size_t stops = apart(stops_of(*a.schedule), stops_of(*b.schedule));
  return stops != 0 ? stops : apart(*a.schedule, *b.schedule);
}
inline std::size_t calls_apart(const trace_file& a, const trace_file& b) {
  return distance(program_lines(a), program_lines(b));
}
inline std::size_t knobs_apart(const trace_file& a, const trace_file& b) {
  const kern::config x = config_of(a.program, kernel_schema());
  const kern::config y = config_of(b.program, kernel_schema());
  EXPECT_EQ(x.limits, y.limits);
  std::size_t n = 0;
  for (std::size_t i = 0; i < x.knobs.size(); ++i) n += x.knobs[i] != y.knobs[i];
  return n;
}

// As far as `plan` can be followed, under the knobs of `t`.
inline schedule followed(engine& e, const trace_file& t, const schedule& plan) {
  const bound_program bound(t.program, kernel_schema());
  return keep(e, bound.runnable(), plan, execution_of(t), t.points).plan;
}

// Probes that a repaired program cannot pass, as its file says.
inline names unreached_of(const committed_trace& repaired) {
  names unreached;
  for (const kern::probe_info& p : kern::probes())
    for (const std::string& line : lines_of(repaired.text))
      if (line.starts_with("# Cannot reach ") && line.find(p.name) != line.npos)
        unreached.insert(p.name);
  return unreached;
}

// `repaired` is the same program as `race` but for one knob, under as much of its schedule as can
// be followed.
inline void expect_repaired(engine& e, const trace_file& race, const committed_trace& repaired) {
  EXPECT_EQ(knobs_apart(race, repaired.trace), 1u);
  EXPECT_EQ(calls_apart(race, repaired.trace), 0u);
  EXPECT_EQ(to_text(followed(e, repaired.trace, *race.schedule)),
            to_text(*repaired.trace.schedule));
  EXPECT_EQ(missing(probes_of(e, race), probes_of(e, repaired.trace)), unreached_of(repaired));
}

}  // namespace iorace
