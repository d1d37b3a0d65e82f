// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/program_report.h"

#include <algorithm>

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

// Appends `option` before each of the words of `list`, between which are commas.
void add_list(std::vector<std::string>& words, std::string_view option, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(option);
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

json knobs_json(const program_data& p) {
  const schema& s = kernel_schema();
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

}  // namespace

std::string json_text(const json& report) {
  return report.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

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

std::string replay_line(const std::string& path) {
  return shell_line({"iorace", "replay", (path.starts_with('-') ? "./" : "") + path});
}

void add_settings_words(std::vector<std::string>& words, const program_data& p,
                        const program_data& command) {
  const schema& s = kernel_schema();
  program_data knobs = p, limits, said;
  knobs.limits.clear();
  limits.limits = p.limits;
  said.limits = command.limits;
  add_list(words, "--with", settings_text(knobs, s, command));
  add_list(words, "--limit", settings_text(limits, s, said));
}

json settings_json(const program_data& p) {
  return {{"profile", profile_name(p.profile)}, {"knobs", knobs_json(p)}};
}

json never_json(const unreached& never) {
  return {{"knobs_unused", never.knobs},
          {"probes_unreached", never.probes},
          {"calls_never_ok", never.calls}};
}

std::string never_text(const program_data& p, const unreached& never, const paint& colors) {
  std::string text;
  const std::string warning = colors.strong("warning:");
  for (const std::string& call : never.calls)
    text += fmt::format("{} in no execution did this succeed: {}\n", warning, call);
  for (const std::string& knob : set_in_vain(p, never))
    text += fmt::format("{} no execution consulted the knob {}, which was set\n", warning, knob);
  if (!never.knobs.empty())
    text += fmt::format("knobs not consulted: {}\n", fmt::join(never.knobs, " "));
  if (!never.probes.empty())
    text += fmt::format("probes not reached: {}\n", fmt::join(never.probes, " "));
  return text;
}

std::string single_trace_text(const paint& colors) {
  return fmt::format("{} a single trace: nothing here can be interleaved\n",
                     colors.strong("warning:"));
}

json finding_json(const finding& what, const std::string& path) {
  return {{"verdict", what.name},
          {"title", what.title},
          {"execution", what.execution},
          {"trace", path.empty() ? json() : json(path)}};
}

std::string finding_text(const finding& what, const std::string& path, const paint& colors) {
  std::string text =
      fmt::format("\nexecution {}: {}\n{}\n", what.execution, what.detail, colors.bad(what.title));
  if (!path.empty()) text += "replay: " + replay_line(path) + "\n";
  return text;
}

}  // namespace iorace::cli
