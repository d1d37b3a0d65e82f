// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The text of an explanation.
#include "scheduler/record/explanation.h"

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/record/event_text.h"
#include "scheduler/record/words.h"

namespace iorace {

explained_operation explained(const recording& r, const lock_sections& sections, std::size_t i) {
  const recording::line& l = r.lines[i];
  explained_operation o{.task = r.tasks[l.task],
                        .step = l.number,
                        .call = {},
                        .path = {},
                        .kind = l.kind,
                        .place = l.place(),
                        .text = event_text(l, l.place()),
                        .locks = {}};
  for (std::uint32_t f = l.frame; f != 0; f = r.frames[f].parent) {
    if (r.frames[f].call)
      o.call = r.frames[f].function;
    else
      o.path.insert(o.path.begin(), r.frames[f].function);
  }
  for (const std::size_t opened : sections.around(i))
    if (const auto how = sections.held(opened, i))
      o.locks.push_back({*how, r.lines[opened].place()});
  return o;
}

namespace {

bool for_reading(op_kind how) {
  return traits(how).access == access_type::read || how == op_kind::downgrade_write;
}

constexpr std::size_t lines_shown = 20;  // of a schedule

class explanation_printer {
 public:
  explanation_printer(const explanation& e, const explanation_text_options& o) : e_(e), o_(o) {}

  std::string text() {
    if (e_.verdict.empty()) return "The execution ends without a finding: nothing to explain.\n";
    paragraph(0, e_.title, o_.color);
    if (!e_.detail.empty()) paragraph(2, e_.detail);
    sides();
    orders();
    calls();
    choices();
    neighbour();
    remarks();
    return std::move(to_);
  }

 private:
  // Breaks lines at blanks; what follows the first one stands two further in.
  void paragraph(std::size_t indent, std::string_view text, bool strong = false) {
    std::string line(indent, ' ');
    if (strong) to_ += "\033[1;31m";
    for (bool begun = false; !text.empty();) {
      const std::string_view word = text.substr(0, text.find(' '));
      text.remove_prefix(std::min(word.size() + 1, text.size()));
      if (begun && line.size() + 1 + word.size() > o_.width) {
        to_ += line + '\n';
        line.assign(indent + 2, ' ');
        begun = false;
      }
      line += (begun ? " " : "") + std::string(word);
      begun = true;
    }
    to_ += line + (strong ? "\033[0m\n" : "\n");
  }
  void heading(std::string_view text) {
    to_ += '\n';
    paragraph(0, text);
  }

  static std::string called(const explained_operation& o) {
    const std::string when = o.step == 0 ? "not reached" : fmt::format("step {}", o.step);
    return fmt::format("{} {} ({})", column_name(o.task), o.text, when);
  }
  static std::string path_of(const explained_operation& o) {
    std::string path;
    for (const std::string& f : o.path) path += (path.empty() ? "" : " > ") + f + "()";
    return path.empty() ? o.call : path;
  }
  static std::string locks_of(const explained_operation& o) {
    std::string locks;
    for (const explained_operation::lock& l : o.locks)
      locks += fmt::format("{}{}{}", locks.empty() ? "" : ", ", l.place,
                           for_reading(l.how) ? " (read)" : "");
    return locks.empty() ? "no lock" : locks;
  }
  static std::string result_of(const instead& i) {
    return i.title.empty() ? "no finding" : i.title;
  }

  // `lead` is what stands in front of the operation, as wide as `indent` is.
  void operation(std::string_view lead, std::size_t indent, const explained_operation& o) {
    paragraph(indent, std::string(lead) + called(o));
    const std::string path = path_of(o);
    if (!path.empty()) paragraph(indent + 4, "in " + path);
    paragraph(indent + 4, "holds " + locks_of(o));
  }

  void sides() {
    if (!e_.here && !e_.there) {
      heading("Where: in the check at the end, after all tasks.");
      return;
    }
    heading(e_.here && e_.there ? "The two sides:" : "Where:");
    if (e_.here) operation("", 2, *e_.here);
    if (e_.there) operation("", 2, *e_.there);
  }

  void orders() {
    if (e_.orders.empty()) return;
    heading("The orders that matter, each tried the other way round:");
    std::size_t number = 0;
    for (const explained_order& o : e_.orders) {
      operation(fmt::format("{}. ", ++number), 2, o.first);
      const bool piece = o.first.step != o.last.step;
      if (piece) operation("up to ", 5, o.last);
      if (o.after) {
        operation(piece ? "lie between " : "lies between ", 5, *o.after);
        operation("and ", 5, *o.before);
        paragraph(5, fmt::format("Earlier: {}. Later: {}.", result_of(o.without_after),
                                 result_of(o.without_before)));
      } else {
        operation("comes before ", 5, *o.before);
        paragraph(5, fmt::format("The other way round: {}.", result_of(o.without_before)));
      }
    }
  }

  void calls() {
    if (e_.calls.empty()) return;
    heading("The calls whose order matters, each one after the other:");
    for (const explained_order& o : e_.calls) {
      paragraph(2, fmt::format("{} {}", column_name(o.first.task), o.first.call));
      paragraph(2, fmt::format("before {} {}", column_name(o.before->task), o.before->call));
    }
  }

  void choices() {
    if (e_.choices.empty()) return;
    heading("The choices that matter:");
    for (const explained_choice& c : e_.choices)
      paragraph(
          2, fmt::format("choose {} {}; with 0: {}", c.what.site, c.what.value, result_of(c.dull)));
  }

  void neighbour() {
    if (!e_.neighbour) return;
    const passing_neighbour& n = *e_.neighbour;
    const bool passes = n.ends.title.empty();
    heading(fmt::format("It {} if {} is let in {} operation{} {}:",
                        passes ? "passes" : fmt::format("ends with {}", n.ends.title),
                        column_name(n.let_in), n.operations, n.operations == 1 ? "" : "s",
                        n.later ? "later" : "earlier"));
    paragraph(4, to_text(n.moved));
    paragraph(0, "instead of");
    paragraph(4, to_text(n.was));
    if (n.one_line) return;
    const std::size_t lines = n.plan.segments.size() + n.plan.choices.size();
    paragraph(0, "which makes the schedule");
    if (lines > lines_shown) return paragraph(4, fmt::format("({} lines, see JSON)", lines));
    for_each_line(to_text(n.plan), 1, [&](std::string_view line, unsigned) {
      if (!line.empty()) paragraph(4, line);
      return true;
    });
  }

  void remarks() {
    if (e_.alone)
      heading("One task acts alone: no order matters.");
    else if (e_.complete && e_.orders.empty() && e_.calls.empty() && e_.choices.empty())
      heading(e_.neighbour && e_.neighbour->ends.title.empty()
                  ? "No order of two operations matters alone: when the state is judged does."
                  : "No order of two operations matters: the finding comes either way.");
    if (!e_.minimal && e_.complete)
      heading(
          "The schedule has lines that the finding does not need: minimise it for a shorter "
          "explanation.");
    if (!e_.complete) heading("Not all of it was tried: there may be more that matters.");
  }

  const explanation& e_;
  const explanation_text_options& o_;
  std::string to_;
};

}  // namespace

std::string to_text(const explanation& e, const explanation_text_options& o) {
  return explanation_printer(e, o).text();
}

}  // namespace iorace
