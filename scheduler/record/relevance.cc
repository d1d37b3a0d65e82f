// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/relevance.h"

#include <algorithm>
#include <map>
#include <string>

namespace iorace {
namespace {

// The outermost frame: one call of the program, or of the task's body.
std::uint32_t call_of(const recording& r, std::uint32_t frame) {
  std::uint32_t outermost = frame;
  for (; frame != 0; frame = r.frames[frame].parent) outermost = frame;
  return outermost;
}

bool has_own_meaning(const recording::line& l, const recording& r) {
  switch (l.kind) {
    case op_kind::choose:
      return l.value != "0";
    case op_kind::copy_from_user:
    case op_kind::copy_to_user:
      return l.value == "0";
    default:
      return l.number == r.end.at || l.number == r.end.other;
  }
}

bool writes(const recording::line& l) { return traits(l.kind).access == access_type::write; }
bool touches(const recording::line& l) { return traits(l.kind).access != access_type::none; }

// A call, from its first line to its last one. One that had not returned when the execution ended
// by a finding lasts until then: its task was stopped inside it.
struct span_of_call {
  std::size_t first = 0, last = 0;
};

class judging {
 public:
  explicit judging(const recording& r) : r_(r), relevant_(r.lines.size()) {
    for (std::size_t i = 0; i < r.lines.size(); ++i) {
      const auto [call, fresh] = calls_.try_emplace(key_of(r.lines[i]), span_of_call{i, i});
      if (!fresh) call->second.last = i;
      if (touches(r.lines[i])) by_object_[r.lines[i].object].push_back(i);
    }
    for (const recording::line& l : r.pending) {
      const auto call = calls_.find(key_of(l));
      if (call != calls_.end()) call->second.last = r.lines.size();
    }
  }

  std::vector<bool> take() {
    for (std::size_t i = 0; i < r_.lines.size(); ++i)
      relevant_[i] = has_own_meaning(r_.lines[i], r_);
    for (const auto& [object, lines] : by_object_)
      if (!object.empty()) compare(lines);
    return std::move(relevant_);
  }

 private:
  using call_key = std::pair<task_id, std::uint32_t>;
  call_key key_of(const recording::line& l) const { return {l.task, call_of(r_, l.frame)}; }

  void compare(const std::vector<std::size_t>& lines) {
    for (std::size_t a = 0; a < lines.size(); ++a)
      for (std::size_t b = a + 1; b < lines.size(); ++b)
        if (!(relevant_[lines[a]] && relevant_[lines[b]]) && conflict(lines[a], lines[b]))
          relevant_[lines[a]] = relevant_[lines[b]] = true;
  }

  bool conflict(std::size_t i, std::size_t k) const {
    const recording::line& a = r_.lines[i];
    const recording::line& b = r_.lines[k];
    if (a.task == b.task || !(writes(a) || writes(b))) return false;
    if (a.field != b.field && a.kind != op_kind::kfree && b.kind != op_kind::kfree) return false;
    const span_of_call& x = calls_.at(key_of(a));
    const span_of_call& y = calls_.at(key_of(b));
    return x.first <= y.last && y.first <= x.last;
  }

  const recording& r_;
  std::vector<bool> relevant_;
  std::map<call_key, span_of_call> calls_;
  std::map<std::string, std::vector<std::size_t>> by_object_;
};

}  // namespace

std::vector<bool> relevant_lines(const recording& r) { return judging(r).take(); }

}  // namespace iorace
