// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/columns.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "scheduler/record/abridging.h"
#include "scheduler/record/event_text.h"
#include "scheduler/record/shortening.h"

namespace iorace {
namespace {

constexpr std::size_t margin = 6;      // " step "
constexpr std::size_t pitch_min = 25;  // three columns in 80 characters

constexpr const char* legend =
    "  ... N steps: when they happen does not matter, or follows from what is shown";

struct row {
  std::uint32_t number = 0;  // 0: a heading, or the rest of the row above
  std::size_t column = 0;
  std::string text;
  bool side = false;  // one of the two that convict
};

// Breaks `text` where a reader would: at a blank or behind a bracket, else behind a dot, else
// inside a name.
std::size_t break_at(std::string_view text, std::size_t limit) {
  const auto last = [&](auto good) {
    std::size_t i = limit;
    while (i > limit / 3 && !good(i)) --i;
    return i > limit / 3 ? i : std::size_t{0};
  };
  if (auto i = last([&](std::size_t k) { return text[k] == ' ' || text[k - 1] == '('; })) return i;
  if (auto i = last([&](std::size_t k) { return text[k - 1] == '.'; })) return i;
  if (auto i = last([&](std::size_t k) { return text[k - 1] == '_'; })) return i;
  return limit;
}

class drawing {
 public:
  drawing(const recording& r, const columns_options& o)
      : o_(o), drawn_(abridged(r, o.full)), short_(r, o, drawn_) {
    column_.assign(r.tasks.size(), 0);
    std::vector<bool> busy(r.tasks.size());
    for (const recording::line& l : r.lines) busy[l.task] = true;
    for (std::size_t t = 0; t < busy.size(); ++t) {
      column_[t] = titles_.size();
      if (busy[t]) titles_.push_back(column_name(r.tasks[t]));
    }
    const std::size_t room = o.width > margin ? o.width - margin + 1 : 1;
    pitch_ = std::max(pitch_min, room / std::max<std::size_t>(titles_.size(), 1));
    std::vector<std::vector<std::uint32_t>> open(r.tasks.size());
    for (std::size_t i = 0; i < r.lines.size();) {
      const task_id t = r.lines[i].task;
      if (drawn_[i] == drawn_as::run) {
        i = add_run(r, i, open[t]);
      } else {
        if (drawn_[i] == drawn_as::row) add(r, r.lines[i], open[t]);
        ++i;
      }
      if (i == r.lines.size() || r.lines[i].task != t) add_stop(r, i, t, open[t]);
    }
    if (titles_.size() < 3) narrow();
  }

  bool complete() const {
    return std::find(drawn_.begin(), drawn_.end(), drawn_as::run) == drawn_.end();
  }

  std::string text() const {
    std::string out = line(" step ", titles_), dashes = " ---- ";
    std::vector<std::string> under;
    for (const std::string& t : titles_) under.push_back(std::string(t.size(), '-'));
    out += line(dashes, under);
    for (const row& r : rows_) out += drawn(r);
    return out;
  }

 private:
  // Headings stay open as long as what they head goes on.
  void open_path(const recording& r, std::size_t column, const std::vector<std::uint32_t>& wanted,
                 std::uint32_t innermost, std::vector<std::uint32_t>& open) {
    const auto in = [](const std::vector<std::uint32_t>& all, std::uint32_t f) {
      return std::find(all.begin(), all.end(), f) != all.end();
    };
    std::vector<std::uint32_t> path;
    for (std::uint32_t f = innermost; f != 0; f = r.frames[f].parent)
      if (in(wanted, f) || in(open, f)) path.insert(path.begin(), f);
    for (std::size_t i = 0; i < path.size(); ++i)
      if (!in(open, path[i])) put({0, column, short_.heading(path[i]), false}, i);
    open = std::move(path);
  }

  void add(const recording& r, const recording::line& l, std::vector<std::uint32_t>& open) {
    open_path(r, column_[l.task], short_.path(l), l.frame, open);
    const bool side = l.number == r.end.at || l.number == r.end.other;
    const bool failed = !r.end.name.empty() && l.number == r.lines.size();
    const bool asks = l.kind == op_kind::warn_on || l.kind == op_kind::bug_on;
    const char* const held = asks && !failed ? " = 0" : "";
    put({l.number, column_[l.task], event_text(l, short_.place(l)) + held, side}, open.size());
  }

  // Where another task goes on: what this one waits for, or would have done next.
  void add_stop(const recording& r, std::size_t i, task_id t, std::vector<std::uint32_t>& open) {
    std::size_t again = i;
    while (again < r.lines.size() && r.lines[again].task != t) ++again;
    if (again == r.lines.size()) return add_pending(r, t, open);
    const recording::line& l = r.lines[again];
    while (i < again && r.lines[i].place() != l.place()) ++i;
    if (i < again && is_drop(r.lines[i].kind) && (traits(l.kind).flags & op_waits) != 0 &&
        drawn_[again] == drawn_as::row)
      add_remark(r, l, short_.path(l), "waits", open);
  }

  void add_pending(const recording& r, task_id t, std::vector<std::uint32_t>& open) {
    for (const recording::line& l : r.pending)
      if (l.task == t) add_remark(r, l, outline_of(r, l.frame), "next", open);
  }

  void add_remark(const recording& r, const recording::line& l,
                  const std::vector<std::uint32_t>& path, const char* what,
                  std::vector<std::uint32_t>& open) {
    open_path(r, column_[l.task], path, l.frame, open);
    recording::line undone = l;
    undone.value.clear();
    put({0, column_[l.task], fmt::format("({}: {})", what, event_text(undone, short_.place(l))),
         false},
        open.size());
  }

  // One row for the run that begins with the line `first`; returns the line behind it.
  std::size_t add_run(const recording& r, std::size_t first, std::vector<std::uint32_t>& open) {
    const recording::line& l = r.lines[first];
    std::uint32_t common = l.frame;  // the innermost frame that all of them are in
    std::size_t end = first;
    for (; end < r.lines.size() && drawn_[end] == drawn_as::run && together(r, first, end); ++end)
      while (!is_in(r, r.lines[end].frame, common)) common = r.frames[common].parent;
    open_path(r, column_[l.task], outline_of(r, l.frame), common, open);
    put({l.number, column_[l.task], fmt::format("... {} steps", end - first), false}, open.size());
    return end;
  }

  static bool is_drop(op_kind k) {
    return (traits(k).flags & (op_release | op_acquire | op_marked)) == op_release;
  }

  static bool is_in(const recording& r, std::uint32_t frame, std::uint32_t outer) {
    while (frame != 0 && frame != outer) frame = r.frames[frame].parent;
    return frame == outer;
  }

  // Adds the row, over several lines if it is too long. The last column ends at the margin; others
  // may reach half a column into the next, which is empty in this row.
  void put(row r, std::size_t indent) {
    const std::size_t start = margin + r.column * pitch_;
    const bool last = r.column + 1 == titles_.size();
    const std::size_t end = std::max<std::size_t>(o_.width, margin + titles_.size() * pitch_ - 1);
    const std::size_t limit = std::min(end - start, last ? pitch_ - 1 : pitch_ + pitch_ / 2);
    indent = std::min(indent, limit / 2);
    std::string rest = one_line(r.text);
    for (bool first = true; indent + rest.size() > limit; first = false) {
      const std::size_t at = break_at(rest, limit - indent);
      r.text = std::string(indent, ' ') + rest.substr(0, at);
      rows_.push_back(r);
      r.number = 0;
      rest.erase(0, at);
      rest.erase(0, rest.find_first_not_of(' '));
      if (first) indent += 2;
    }
    r.text = std::string(indent, ' ') + rest;
    rows_.push_back(std::move(r));
  }

  static std::string one_line(std::string text) {
    for (char& c : text)
      if (c < ' ' || c > '~') c = '?';
    return text;
  }

  // With room to spare the columns stand as close as those of three.
  void narrow() {
    std::size_t longest = 0;
    for (const row& r : rows_)
      if (r.column + 1 < titles_.size()) longest = std::max(longest, r.text.size());
    pitch_ = std::max(pitch_min, std::min(pitch_, longest + 2));
  }

  std::string line(std::string head, const std::vector<std::string>& cells) const {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      head.resize(std::max(head.size() + (i > 0), margin + i * pitch_), ' ');
      head += cells[i];
    }
    head.erase(head.find_last_not_of(' ') + 1);
    return head + '\n';
  }

  std::string drawn(const row& r) const {
    std::string text = r.number == 0 ? "" : fmt::format("{:>4}", r.number);
    text.resize(std::max(text.size() + 1, margin + r.column * pitch_), ' ');
    if (!o_.color || !r.side) return text + r.text + '\n';
    return text + "\033[1;31m" + r.text + "\033[0m\n";
  }

  const columns_options& o_;
  const std::vector<drawn_as> drawn_;  // by line
  shortening short_;
  std::vector<std::size_t> column_;  // by task
  std::vector<std::string> titles_;
  std::size_t pitch_ = pitch_min;
  std::vector<row> rows_;
};

// The verdict between stars, over as many lines as it takes.
std::string framed(const std::string& verdict, const columns_options& o) {
  std::string text, line = "  ***";
  std::size_t at = 0;
  const std::size_t width = std::max<std::size_t>(o.width, 40) - 4;
  while (at < verdict.size()) {
    const std::size_t end = std::min(verdict.find(' ', at), verdict.size());
    const std::string word = verdict.substr(at, end - at);
    if (line.size() + 1 + word.size() > width && line.size() > 6) {
      text += line + '\n';
      line = "     ";
    }
    line += ' ' + word;
    at = end + 1;
  }
  text += line + " ***";
  return o.color ? "\033[1;31m" + text + "\033[0m\n" : text + '\n';
}

}  // namespace

std::string columns(const recording& r, const columns_options& o) {
  const drawing d(r, o);
  std::string text = d.text() + '\n';
  if (!d.complete()) text += std::string(legend) + "\n\n";
  return text + (r.end.name.empty() ? "  " + verdict_line(r) + '\n' : framed(verdict_line(r), o));
}

}  // namespace iorace
