// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/verify_report.h"

#include <fmt/format.h>

namespace iorace::cli {
namespace {

// One execution interleaves nothing: what it says, a test would have said.
bool vacuous(const verify_result& v) { return v.complete && v.traces <= 1; }

std::string bound_text(const verify_request& o) {
  return o.preemptions ? fmt::format(" that needs at most {} preemptions", *o.preemptions) : "";
}

// Why the search says less than it might.
std::string incomplete_text(const verify_result& v) {
  const std::string of = fmt::format("{} executions of about {:.3g}", v.executions, v.estimate);
  if (v.step_bound == 0) return "stopped after " + of;
  return fmt::format("{} executions ran into the bound on points, {}", v.step_bound, of);
}

std::string outcome_text(const verify_request& o, const verify_result& v, const paint& colors) {
  if (!v.complete)
    return fmt::format("{} {}\n", colors.strong("not complete:"), incomplete_text(v));
  std::string text = fmt::format("complete: every trace{} was executed\n", bound_text(o));
  if (v.cut != 0)
    text += fmt::format("{} of them end at a limit below the kernel's, without a verdict\n", v.cut);
  if (vacuous(v)) text += single_trace_text(colors);
  return text;
}

std::string repeat_line(const verify_request& o, const program_data& p) {
  std::vector<std::string> words = {"iorace", "verify", o.scenario};
  add_settings_words(words, p, o.with.command);
  const auto add = [&words](const char* option, std::string value) {
    words.insert(words.end(), {option, std::move(value)});
  };
  if (o.preemptions) add("--preemptions", fmt::format("{}", *o.preemptions));
  if (o.executions_max) add("--max-executions", fmt::format("{}", *o.executions_max));
  if (o.time_max) add("--max-time", o.time_text);
  if (o.whole) words.emplace_back("--whole");
  if (o.faults) add("--faults", fmt::format("{}", *o.faults));
  return shell_line(words);
}

}  // namespace

std::string head_text(const verify_request& o, const subject& s) {
  std::string text = repeat_line(o, s.trace.program) + "\n";
  if (s.small)
    text += fmt::format(
        "the small version of {}: {} tasks with the calls of its race; the scenario "
        "itself with --whole\n",
        s.name, s.trace.program.task_count());
  return text;
}

json verify_json(const verify_request& o, const subject& s, const verify_report& r) {
  const program_data& p = s.trace.program;
  const verify_result& v = r.all.verified;
  json findings = json::array();
  for (std::size_t i = 0; i < v.findings.size(); ++i)
    findings.push_back(finding_json(v.findings[i].what, r.paths[i]));
  json report = {{"command", repeat_line(o, p)}, {"scenario", s.name}, {"small", s.small}};
  report.update(settings_json(p));
  report.update({{"strategy", "exhaustive"},
                 {"seed", 0},
                 {"preemptions", o.preemptions ? json(*o.preemptions) : json()},
                 {"complete", v.complete},
                 {"vacuous", vacuous(v)},
                 {"traces", v.traces},
                 {"executions", v.executions},
                 {"executions_before_restart", v.earlier},
                 {"blocked", v.blocked},
                 {"duplicates", v.duplicates},
                 {"beyond_bound", v.beyond},
                 {"estimate", v.estimate},
                 {"points", v.points},
                 {"operations", v.operations},
                 {"seconds", r.seconds},
                 {"digest", fmt::format("{:016x}", v.digest)},
                 {"cut", v.cut},
                 {"step_bound", v.step_bound},
                 {"stopped", v.stopped},
                 {"tree_max", v.tree},
                 {"promoted", v.promoted}});
  report.update(never_json(r.all.never));
  report["findings"] = findings;
  report["minimal"] = r.all.minimal;
  return report;
}

std::string verify_text(const verify_request& o, const program_data& p, const verify_report& r,
                        const paint& colors) {
  const verify_result& v = r.all.verified;
  std::string text = fmt::format(
      "traces {}  executions {}  blocked {}  points {}  operations {}  seconds {:.3f}  cut {}  "
      "step-bound {}  digest {:016x}\n",
      v.traces, v.executions, v.blocked, v.points, v.operations, r.seconds, v.cut, v.step_bound,
      v.digest);
  if (v.duplicates != 0) text += fmt::format("executions behind findings {}\n", v.duplicates);
  if (o.preemptions) text += fmt::format("beyond the bound {}\n", v.beyond);
  text += fmt::format("at most {} events and branches kept at a time\n", v.tree);
  if (v.earlier != 0)
    text += fmt::format("{} executions before it was known which plain accesses race\n", v.earlier);
  text += outcome_text(o, v, colors);
  text += never_text(p, r.all.never, colors);
  for (std::size_t i = 0; i < v.findings.size(); ++i)
    text += finding_text(v.findings[i].what, r.paths[i], colors);
  if (!r.all.minimal)
    text += "not all of these traces are minimal: the time was over, see iorace minimize\n";
  if (v.findings.empty()) text += colors.good("nothing found") + "\n";
  return text;
}

}  // namespace iorace::cli
