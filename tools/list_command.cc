// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace list KIND: the tables, as text for people and as JSON for scripts.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fuzz/scenarios.h"
#include "model/model.h"
#include "scheduler/engine/finding.h"
#include "scheduler/strategies/strategy.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/program_report.h"

namespace iorace::cli {
namespace {

json row(std::string_view name, std::string_view summary) {
  return {{"name", name}, {"summary", summary}};
}

// The first comment of a scenario says what it is, behind that with the licence.
std::string summary_of(std::string_view trace) {
  constexpr std::string_view licence = "SPDX-License-Identifier";
  while (!trace.empty()) {
    const std::string_view line = trace.substr(0, trace.find('\n'));
    if (line.starts_with("# ") && line.find(licence) == line.npos)
      return std::string(line.substr(2));
    trace.remove_prefix(std::min(line.size() + 1, trace.size()));
  }
  return {};
}

json scenarios() {
  json rows = json::array();
  for (const scenario_text& s : scenario_texts()) rows.push_back(row(s.name, summary_of(s.text)));
  return rows;
}

const char* kind_name(kern::arg_kind kind) {
  switch (kind) {
    case kern::arg_kind::object:
      return "object";
    case kern::arg_kind::iova:
      return "iova";
    case kern::arg_kind::length:
      return "length";
    case kern::arg_kind::uptr:
      return "uptr";
    case kern::arg_kind::flags:
      return "flags";
    case kern::arg_kind::choice:
      return "choice";
  }
  return "";
}

json flow_argument(const kern::arg_info& a) {
  json one{{"name", a.name}, {"kind", kind_name(a.kind)}};
  if (a.cls != nullptr) one["class"] = a.cls;
  for (const kern::named_value& choice : a.choices) one["choices"].push_back(choice.name);
  return one;
}

json flows() {
  static constexpr const char* contexts[] = {"syscall", "kernel", "agent"};
  json rows = json::array();
  for (const kern::flow_info& f : kern::flows()) {
    json& one = rows.emplace_back(row(f.name, f.summary));
    one["kernel"] = f.kernel;
    one["context"] = contexts[static_cast<unsigned>(f.context)];
    one["result"] = f.result == nullptr ? json() : json(f.result);
    one["arguments"] = json::array();
    for (const kern::arg_info& a : f.args) one["arguments"].push_back(flow_argument(a));
  }
  return rows;
}

json knobs() {
  json rows = json::array();
  for (const kern::knob_info& k : kern::knobs()) {
    json& one = rows.emplace_back(row(k.name, k.summary));
    one["values"] = json::array();
    for (std::size_t v = 0; v < k.values.size(); ++v) {
      const kern::knob_value& value = k.values[v];
      one["values"].push_back({{"value", value.name},
                               {"id", value.id},
                               {"default", v == 0},
                               {"repaired", v == k.repaired},
                               {"summary", value.summary},
                               {"source", value.source},
                               {"scenario", value.scenario},
                               {"expect", value.expect}});
    }
  }
  return rows;
}

json strategy_rows() {
  json rows = json::array();
  for (const strategy_info& s : strategies()) {
    const bool plain = *s.argument == '\0';
    rows.push_back(row(plain ? s.name : fmt::format("{}:{}", s.name, s.argument), s.summary));
  }
  return rows;
}

json invariants() {
  json rows = json::array();
  for (const kern::invariant_info& i : kern::invariants()) {
    json& one = rows.emplace_back(row(i.name, i.summary));
    one["id"] = i.id;
    one["when"] = i.when;
  }
  return rows;
}

// The scheduler's own, then those that the invariants of the model bring.
json verdict_rows() {
  json rows = json::array();
  for (const verdict_info& v : verdicts())
    if (v.id != verdict::none && v.id != verdict::invariant) rows.push_back(row(v.name, v.summary));
  for (const kern::invariant_info& i : kern::invariants()) rows.push_back(row(i.name, i.summary));
  return rows;
}

json probes() {
  json rows = json::array();
  for (const kern::probe_info& p : kern::probes()) {
    json& one = rows.emplace_back(row(p.name, p.summary));
    one["rare"] = p.rare;
  }
  return rows;
}

constexpr struct {
  const char* name;
  json (*rows)();
} kinds[] = {{"scenarios", scenarios},   {"flows", flows},
             {"knobs", knobs},           {"strategies", strategy_rows},
             {"invariants", invariants}, {"verdicts", verdict_rows},
             {"probes", probes}};

// "  spin    V0   summary" below the knob; the default and what `repaired` chooses are marked.
std::string values_text(const json& values, std::size_t width) {
  std::string text;
  for (const json& v : values) {
    std::string marks = v["default"].get<bool>() ? " (default)" : "";
    if (v["repaired"].get<bool>() && !v["default"].get<bool>()) marks = " (repaired)";
    const std::string name =
        fmt::format("  {} {}", v["value"].get<std::string>(), v["id"].get<std::string>());
    text += fmt::format("{:<{}}  {}{}\n", name, width, v["summary"].get<std::string>(), marks);
  }
  return text;
}

std::string arguments_text(const json& arguments) {
  std::vector<std::string> names;
  for (const json& a : arguments) names.push_back(a["name"]);
  return fmt::format("({})", fmt::join(names, ", "));
}

std::string text_of(const json& rows, const paint& colors) {
  const auto name_of = [](const json& r) {
    const std::string name = r["name"];
    return r.contains("arguments") ? name + arguments_text(r["arguments"]) : name;
  };
  constexpr std::size_t widest = 40;
  std::size_t width = 0;
  for (const json& r : rows) width = std::min(std::max(width, name_of(r).size()), widest);
  std::string text;
  for (const json& r : rows) {
    const std::string name = name_of(r);
    const std::string blanks(width - std::min(name.size(), width), ' ');
    const bool rare = r.contains("rare") && r["rare"].get<bool>();
    text += fmt::format("{}{}  {}{}\n", colors.strong(name), blanks,
                        r["summary"].get<std::string>(), rare ? " (rare)" : "");
    if (r.contains("values")) text += values_text(r["values"], width);
  }
  return text;
}

}  // namespace

std::vector<std::string> list_kinds() {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.push_back(kind.name);
  return names;
}

result<int> list_command(const list_request& o) {
  const auto kind =
      std::find_if(std::begin(kinds), std::end(kinds), [&](auto& k) { return o.kind == k.name; });
  const json rows = kind->rows();
  const paint colors(!o.output.json && use_color(o.output.color, 1));
  const auto done = write_stdout(o.output.json ? json_text(rows) : text_of(rows, colors));
  if (!done) return tl::unexpected(done.error());
  return exit_ok;
}

}  // namespace iorace::cli
