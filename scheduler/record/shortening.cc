// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/shortening.h"

#include <algorithm>

#include "scheduler/record/event_text.h"

namespace iorace {
namespace {

bool part_of_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Returns true iff `function` is a whole word of `title`.
bool mentions(std::string_view title, std::string_view function) {
  for (std::size_t at = title.find(function); at != title.npos; at = title.find(function, at + 1)) {
    const std::size_t end = at + function.size();
    if ((at == 0 || !part_of_name(title[at - 1])) &&
        (end == title.size() || !part_of_name(title[end])))
      return true;
  }
  return false;
}

}  // namespace

std::uint32_t entry_of(const recording& r, std::uint32_t frame) {
  std::uint32_t function = 0, call = 0;
  for (; frame != 0; frame = r.frames[frame].parent)
    (r.frames[frame].call ? call : function) = frame;
  return function != 0 ? function : call;
}

std::vector<std::uint32_t> outline_of(const recording& r, std::uint32_t frame) {
  std::vector<std::uint32_t> outline;
  const std::uint32_t entry = entry_of(r, frame);
  for (std::uint32_t f = frame; f != 0; f = r.frames[f].parent)
    if (f == entry || (!r.frames[f].call && mentions(r.end.title, r.frames[f].function)))
      outline.push_back(f);
  std::reverse(outline.begin(), outline.end());
  return outline;
}

shortening::shortening(const recording& r, const columns_options& o,
                       const std::vector<drawn_as>& drawn)
    : r_(r), o_(o) {
  for (const recording::frame& f : r.frames) functions_.insert(f.function);
  for (std::size_t i = 0; i < r.lines.size(); ++i)
    if (drawn[i] == drawn_as::row && !r.lines[i].field.empty())
      objects_[r.lines[i].field].insert(r.lines[i].object);
  for (const recording::line& l : r.pending)
    if (!l.field.empty()) objects_[l.field].insert(l.object);
  for (std::size_t i = 0; i < r.lines.size(); ++i) {
    const recording::line& l = r.lines[i];
    if (drawn[i] != drawn_as::row) continue;
    inner_[{entry_of(r, l.frame), event_text(l, place(l))}].insert(
        std::string(r.function(l.frame)));
  }
}

std::string shortening::place(const recording::line& l) const {
  if (l.object.empty() || l.field.empty()) return l.object;
  const auto known = objects_.find(l.field);
  if (o_.full || (known != objects_.end() && known->second.size() > 1))
    return l.object + '.' + l.field;
  return l.field;
}

std::string shortening::heading(std::uint32_t frame) const {
  const recording::frame& f = r_.frames[frame];
  if (f.call) return f.function;
  std::string_view name = f.function;
  for (std::string_view prefix : o_.prefixes)
    if (!o_.full && name.starts_with(prefix) && name.find('_', prefix.size()) != name.npos &&
        !functions_.contains(name.substr(prefix.size())))
      name.remove_prefix(prefix.size());
  return std::string(name) + "()";
}

std::vector<std::uint32_t> shortening::path(const recording::line& l) const {
  std::vector<std::uint32_t> shown;
  const std::uint32_t outermost = entry_of(r_, l.frame);
  for (std::uint32_t f = l.frame; f != 0; f = r_.frames[f].parent)
    if (o_.full || f == outermost || (!r_.frames[f].call && wanted(f, l))) shown.push_back(f);
  std::reverse(shown.begin(), shown.end());
  return shown;
}

bool shortening::wanted(std::uint32_t frame, const recording::line& l) const {
  if (mentions(r_.end.title, r_.frames[frame].function)) return true;
  if (r_.frames[frame].function != r_.function(l.frame)) return false;
  return inner_.at({entry_of(r_, l.frame), event_text(l, place(l))}).size() > 1;
}

}  // namespace iorace
