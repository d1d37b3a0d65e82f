// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Printing; reading is in program_reader.cc.
#include "fuzz/program_text.h"

#include <fmt/format.h>

#include "fuzz/argument.h"
#include "fuzz/return_code.h"

namespace iorace {

std::string call_label(const call& c) {
  std::string text = c.flow->name;
  std::string_view between = "(";
  for (std::size_t i = 0; i < arg_count(c); ++i) {
    const kern::arg_info& info = c.flow->args[i];
    const arg_ways& w = ways(info.kind);
    if (!w.positional() && !w.always_written() && c.args[i].value == info.dull) continue;
    text += between;
    if (!w.positional()) text += fmt::format("{}=", info.name);
    w.print(info, c.args[i], text);
    between = ", ";
  }
  return text + (between == "(" ? "()" : ")");
}

std::string call_text(const call& c, unsigned task) {
  std::string text;
  if (c.result != 0)
    text = name_of(c.flow->result, {static_cast<std::uint16_t>(task), c.result}) + " = ";
  text += call_label(c);
  if (c.expected) text += " = " + code_text(*c.expected);
  return text;
}

std::string menu_text(const menu_item& item) {
  std::string text = item.flow->name;
  std::string args;
  bool fixed = false;
  for (std::size_t i = 0; i < item.flow->args.size(); ++i) {
    const kern::arg_info& info = item.flow->args[i];
    const arg_ways& w = ways(info.kind);
    if (!item.args[i] && !w.positional()) continue;
    args += args.empty() ? "(" : ", ";
    if (!w.positional()) args += fmt::format("{}=", info.name);
    if (item.args[i])
      w.print(info, *item.args[i], args);
    else
      args += "?";
    fixed |= item.args[i].has_value();
  }
  return fixed ? text + args + ")" : text;
}

void print_above(const comments& notes, std::string& to) {
  for (const std::string& line : notes.above) to += line.empty() ? "#\n" : "# " + line + "\n";
}

void print_behind(const comments& notes, std::string& to) {
  if (!notes.behind.empty()) to += "  # " + notes.behind;
  to += '\n';
}

void print_program(const program_data& p, std::string& to) {
  const auto calls = [&](unsigned task) {
    for (const call& c : p.calls_of(task)) {
      print_above(c.notes, to);
      to += call_text(c, task);
      print_behind(c.notes, to);
    }
  };
  const auto title = [&](const comments& notes, std::string_view text) {
    print_above(notes, to);
    to += text;
    print_behind(notes, to);
  };
  if (!p.setup.empty() || !p.setup_notes.above.empty()) {
    title(p.setup_notes, "[setup]");
    calls(0);
  }
  for (unsigned t = 1; t <= p.task_count(); ++t) {
    title(p.tasks[t - 1].notes, fmt::format("[{}]", task_title(p, t)));
    calls(t);
  }
  if (!p.menu) return;
  title(p.menu->notes, fmt::format("[menu] tasks={} calls={}", p.menu->tasks, p.menu->calls));
  for (const menu_item& item : p.menu->items) title(item.notes, menu_text(item));
}

}  // namespace iorace
