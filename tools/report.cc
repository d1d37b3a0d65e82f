// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace iorace::cli {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

json statistics_json(const run_statistics& s) {
  json missed = json::object();
  for (unsigned depth = 1; depth <= s.pct_depth; ++depth)
    missed[fmt::format("{}", depth)] = pct_miss_bound(s, depth);
  return {{"looked_at", s.looked_at},
          {"traces", s.traces},
          {"traces_once", s.once},
          {"exact", s.exact},
          {"unseen_mass", share(s.once, s.looked_at)},
          {"reads_from_pairs", s.pairs},
          {"reads_from_pairs_exact", s.pairs_exact},
          {"tasks_max", s.tasks_max},
          {"points_max", s.points_max},
          {"pct_depth", s.pct_depth},
          {"pct_executions", s.pct_executions},
          {"pct_miss_bound", s.pct_executions == 0 ? json() : missed}};
}

// The bound on the chance that pct missed a bug of its depth, as far as it is known.
std::string chance_text(const run_statistics& s) {
  if (s.tasks_max == 0 || s.points_max == 0) return "p unknown";
  const double p = pct_miss_bound(s, s.pct_depth);
  return p < 1e-99 ? "p < 1e-99" : fmt::format("p <= {:.2g}", p);
}

// "traces 812 in 1024 executions, a new one in 61% of those to come; reads-from pairs 96"
std::string statistics_text(const run_statistics& s) {
  if (s.looked_at == 0) return {};
  std::string text = fmt::format(
      "traces {}{} in {} executions looked at, a new one in about {:.1f}% of those to come; "
      "reads-from pairs {}{}\n",
      s.exact ? "" : "about ", s.traces, s.looked_at, 100 * share(s.once, s.looked_at),
      s.pairs_exact ? "" : "about ", s.pairs);
  if (s.pct_executions == 0) return text;
  return text += fmt::format("pct:{}, {} executions: a bug of depth {} or less is missed with {}\n",
                             s.pct_depth, s.pct_executions, s.pct_depth, chance_text(s));
}

// However many were looked at, they were one.
bool vacuous(const sample_result& r) {
  return r.findings.empty() && r.statistics.looked_at > 1 && r.statistics.traces <= 1;
}

}  // namespace

std::string repeat_line(const run_request& o, const program_data& p) {
  std::vector<std::string> words = {"iorace", "run", o.scenario};
  add_settings_words(words, p, o.with.command);
  words.insert(words.end(), {"--strategy", o.strategy, "--seed", o.seeds.text});
  if (o.executions_max != executions_default)
    words.insert(words.end(), {"--max-executions", fmt::format("{}", o.executions_max)});
  if (o.time_max) words.insert(words.end(), {"--max-time", o.time_text});
  if (o.keep_going) words.emplace_back("--keep-going");
  if (o.fair) words.emplace_back("--fair");
  if (o.faults) words.insert(words.end(), {"--faults", fmt::format("{}", *o.faults)});
  if (o.statistics == statistics_of::all) words.insert(words.end(), {"--statistics", "all"});
  if (o.jobs != 1) words.insert(words.end(), {"--jobs", fmt::format("{}", o.jobs)});
  return shell_line(words);
}

json run_json(const run_request& o, const trace_file& t, const std::string& scenario,
              const seed_report& r) {
  const sample_result& all = r.run.sampled;
  json findings = json::array();
  for (std::size_t i = 0; i < all.findings.size(); ++i)
    findings.push_back(finding_json(all.findings[i].what, r.paths[i]));
  json report = {{"command", repeat_line(o, t.program)}, {"scenario", scenario}};
  report.update(settings_json(t.program));
  report.update({{"strategy", o.strategy},
                 {"seed", r.seed},
                 {"executions", all.executions},
                 {"points", all.points},
                 {"operations", all.operations},
                 {"seconds", r.seconds},
                 {"digest", fmt::format("{:016x}", all.digest)},
                 {"cut", all.cut},
                 {"step_bound", all.step_bound},
                 {"stopped", all.stopped},
                 {"vacuous", vacuous(all)}});
  report.update(never_json(r.run.never));
  report.update({{"statistics", statistics_json(all.statistics)}, {"findings", findings}});
  return report;
}

std::string found_line(const sampled_finding& f, const std::string& path) {
  return fmt::format("execution {}: {} ({})\n", f.what.execution, f.what.title, path);
}

std::string run_text(const trace_file& t, const seed_report& r, const paint& colors) {
  const sample_result& all = r.run.sampled;
  std::string text = fmt::format(
      "executions {}  points {}  operations {}  seconds {:.3f}  cut {}  step-bound {}  "
      "digest {:016x}\n",
      all.executions, all.points, all.operations, r.seconds, all.cut, all.step_bound, all.digest);
  text += statistics_text(all.statistics);
  if (vacuous(all)) text += single_trace_text(colors);
  text += never_text(t.program, r.run.never, colors);
  for (std::size_t i = 0; i < all.findings.size(); ++i)
    text += finding_text(all.findings[i].what, r.paths[i], colors);
  if (all.findings.empty()) text += colors.good("nothing found") + "\n";
  return text;
}

std::string seed_line(const seed_report& r, const paint& colors) {
  const auto& findings = r.run.sampled.findings;
  return fmt::format("seed {}  executions {}  points {}  digest {:016x}  {}\n", r.seed,
                     r.run.sampled.executions, r.run.sampled.points, r.run.sampled.digest,
                     findings.empty() ? "-" : colors.bad(findings[0].what.title));
}

std::string seeds_text(const trace_file& t, const std::vector<seed_report>& all,
                       const paint& colors) {
  std::vector<std::uint64_t> needed;  // executions up to the first finding
  std::set<std::string> titles;
  std::string text, findings;
  for (const seed_report& r : all) {
    const auto& found = r.run.sampled.findings;
    if (!found.empty()) needed.push_back(found[0].what.execution + 1);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (titles.insert(found[i].what.title).second)
        findings += finding_text(found[i].what, r.paths[i], colors);
  }
  std::sort(needed.begin(), needed.end());
  text += fmt::format("{} of {} seeds found something", needed.size(), all.size());
  if (!needed.empty())
    text += fmt::format("; executions to the first finding: median {}, largest {}",
                        needed[needed.size() / 2], needed.back());
  text += '\n';
  if (!all.empty()) text += never_text(t.program, all.back().run.never, colors);
  return text + findings;
}

}  // namespace iorace::cli
