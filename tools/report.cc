// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fuzz/settings.h"

namespace iorace::cli {
namespace {

bool is_plain(std::string_view word) {
  return !word.empty() &&
         word.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-_./:=,#@+%") == word.npos &&
         word[0] != '#';
}

// The settings of a program as words, commas between them.
void add_list(std::vector<std::string>& words, std::string_view option, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(option);
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

std::string profile_and_knobs(const program_data& p, const schema& s) {
  program_data knobs = p;
  knobs.limits.clear();
  return settings_text(knobs, s);
}

json knobs_json(const program_data& p, const schema& s) {
  const kern::config c = config_of(p, s);
  json all = json::object();
  for (std::size_t k = 0; k < s.knobs.size(); ++k)
    all[s.knobs[k].name] = s.knobs[k].values[c.knobs[k]].name;
  return all;
}

// Knobs that the user set although nothing looks at them: the likeliest way to fool oneself.
std::vector<std::string> set_in_vain(const program_data& p, const unreached& never) {
  std::vector<std::string> names;
  for (const knob_setting& k : p.knobs) {
    const std::string name = kernel_schema().knobs[k.knob].name;
    if (std::find(never.knobs.begin(), never.knobs.end(), name) != never.knobs.end())
      names.push_back(name);
  }
  return names;
}

std::string never_text(const trace_file& t, const unreached& never, const paint& colors) {
  std::string text;
  const std::string warning = colors.strong("warning:");
  for (const std::string& call : never.calls)
    text += fmt::format("{} in no execution did this succeed: {}\n", warning, call);
  for (const std::string& knob : set_in_vain(t.program, never))
    text += fmt::format("{} no execution consulted the knob {}, which was set\n", warning, knob);
  if (!never.knobs.empty())
    text += fmt::format("knobs not consulted: {}\n", fmt::join(never.knobs, " "));
  if (!never.probes.empty())
    text += fmt::format("probes not reached: {}\n", fmt::join(never.probes, " "));
  return text;
}

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

// "traces 812 in 1024 executions, a new one in 61% of those to come; reads-from pairs 96"
std::string statistics_text(const run_statistics& s) {
  std::string text = fmt::format(
      "traces {}{} in {} executions looked at, a new one in about {:.1f}% of those to come; "
      "reads-from pairs {}{}\n",
      s.exact ? "" : "about ", s.traces, s.looked_at, 100 * share(s.once, s.looked_at),
      s.pairs_exact ? "" : "about ", s.pairs);
  if (s.pct_executions == 0) return text;
  return text += fmt::format(
             "pct:{}, {} executions: a bug of depth {} or less is missed with p <= {:.2g}\n",
             s.pct_depth, s.pct_executions, s.pct_depth, pct_miss_bound(s, s.pct_depth));
}

std::string finding_text(const sampled_finding& f, const std::string& path, const paint& colors) {
  return fmt::format("\nexecution {}: {}\n{}\nreplay: {}\n", f.what.execution, f.what.detail,
                     colors.bad(f.what.title), shell_line({"iorace", "replay", path}));
}

}  // namespace

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (is_plain(word)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

std::string repeat_line(const run_request& o, const program_data& p) {
  const schema& s = kernel_schema();
  std::vector<std::string> words = {"iorace", "run", o.scenario};
  add_list(words, "--with", profile_and_knobs(p, s));
  program_data limits;
  limits.limits = p.limits;
  add_list(words, "--limit", settings_text(limits, s));
  words.insert(words.end(), {"--strategy", o.strategy, "--seed", o.seeds.text});
  if (o.executions_max != executions_default)
    words.insert(words.end(), {"--max-executions", fmt::format("{}", o.executions_max)});
  if (o.time_max) words.insert(words.end(), {"--max-time", o.time_text});
  if (o.keep_going) words.emplace_back("--keep-going");
  if (o.fair) words.emplace_back("--fair");
  if (o.statistics == statistics_of::all) words.insert(words.end(), {"--statistics", "all"});
  if (o.jobs != 1) words.insert(words.end(), {"--jobs", fmt::format("{}", o.jobs)});
  return shell_line(words);
}

json run_json(const run_request& o, const trace_file& t, const std::string& scenario,
              const seed_report& r) {
  const sample_result& all = r.run.sampled;
  json findings = json::array();
  for (std::size_t i = 0; i < all.findings.size(); ++i)
    findings.push_back({{"verdict", all.findings[i].what.name},
                        {"title", all.findings[i].what.title},
                        {"execution", all.findings[i].what.execution},
                        {"trace", r.paths[i]}});
  return {{"command", repeat_line(o, t.program)},
          {"scenario", scenario},
          {"profile", profile_name(t.program.profile)},
          {"knobs", knobs_json(t.program, kernel_schema())},
          {"strategy", o.strategy},
          {"seed", r.seed},
          {"executions", all.executions},
          {"points", all.points},
          {"operations", all.operations},
          {"seconds", r.seconds},
          {"digest", fmt::format("{:016x}", all.digest)},
          {"cut", all.cut},
          {"step_bound", all.step_bound},
          {"stopped", all.stopped},
          {"knobs_unused", r.run.never.knobs},
          {"probes_unreached", r.run.never.probes},
          {"calls_never_ok", r.run.never.calls},
          {"statistics", statistics_json(all.statistics)},
          {"findings", findings}};
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
  text += never_text(t, r.run.never, colors);
  for (std::size_t i = 0; i < all.findings.size(); ++i)
    text += finding_text(all.findings[i], r.paths[i], colors);
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
        findings += finding_text(found[i], r.paths[i], colors);
  }
  std::sort(needed.begin(), needed.end());
  text += fmt::format("{} of {} seeds found something", needed.size(), all.size());
  if (!needed.empty())
    text += fmt::format("; executions to the first finding: median {}, largest {}",
                        needed[needed.size() / 2], needed.back());
  text += '\n';
  if (!all.empty()) text += never_text(t, all.back().run.never, colors);
  return text + findings;
}

}  // namespace iorace::cli
