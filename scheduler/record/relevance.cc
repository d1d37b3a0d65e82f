// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/relevance.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "scheduler/record/conflicts.h"
#include "scheduler/record/sections.h"

namespace iorace {
namespace {

using line = recording::line;

constexpr std::size_t last_conflicts = 2;  // of the task that is convicted
constexpr std::size_t last_writes = 40;    // of a task that acts alone

bool has_own_meaning(const line& l, const recording& r) {
  if (is_check(l.kind)) return !r.end.name.empty() && l.number == r.lines.size();
  switch (l.kind) {
    case op_kind::schedule:
    case op_kind::wait_for_completion:
      return true;
    case op_kind::choose:
      return l.value != "0";
    case op_kind::copy_from_user:
    case op_kind::copy_to_user:
      return l.value == "0";
    default:
      return l.number == r.end.at || l.number == r.end.other;
  }
}

bool touches(const line& l) {
  return traits(l.kind).access != access_type::none && l.kind != op_kind::kfree;
}

// A lock that is taken or dropped tells nothing, a try does.
bool answers(const line& l) { return !is_lock(l) || is_try(l.kind); }

// From the first line to the last one.
struct extent {
  std::size_t first = 0, last = 0;
};

class lines_by_place {
 public:
  void add(const line& l, std::size_t i) {
    for (const std::string& place : touched(l)) lines_[place].push_back(i);
  }
  // Returns those that touch what `l` does, the last first.
  std::vector<std::size_t> before(const line& l) const {
    std::set<std::size_t, std::greater<>> all;
    for (const std::string& place : touched(l))
      if (const auto at = lines_.find(place); at != lines_.end())
        all.insert(at->second.begin(), at->second.end());
    return {all.begin(), all.end()};
  }

 private:
  std::map<std::string, std::vector<std::size_t>> lines_;
};

class judging {
 public:
  explicit judging(const recording& r) : r_(r), sections_(r), relevant_(r.lines.size()) {
    for (std::size_t i = 0; i < r.lines.size(); ++i) {
      const auto [call, fresh] = calls_.try_emplace(key_of(r.lines[i]), extent{i, i});
      if (!fresh) call->second.last = i;
    }
    // A call that had not returned when a finding ended the execution lasts until then: its task
    // was stopped inside it.
    for (const line& l : r.pending) {
      const auto call = calls_.find(key_of(l));
      if (call != calls_.end()) call->second.last = r.lines.size();
    }
  }

  std::vector<bool> take() {
    for (std::size_t i = 0; i < r_.lines.size(); ++i)
      relevant_[i] = has_own_meaning(r_.lines[i], r_);
    judge_orders();
    judge_check();
    judge_writes();
    for (const line& l : r_.pending) wait_for(l);
    for (const auto& [place, lines] : sections_.locks())
      for (const std::size_t i : lines)
        if (opens_section(r_.lines[i]) && is_contended(i, lines)) judge_section(i, lines);
    return std::move(relevant_);
  }

 private:
  using call_key = std::pair<task_id, std::uint32_t>;
  using clock = std::vector<std::size_t>;  // by task: how many lines are known to come before
  call_key key_of(const line& l) const { return {l.task, r_.call_of(l.frame)}; }

  static void join(clock& to, const clock& from) {
    for (std::size_t t = 0; t < to.size(); ++t) to[t] = std::max(to[t], from[t]);
  }

  // Marks the orders that do not follow from others.
  void judge_orders() {
    std::vector<clock> at;  // by line
    std::vector<clock> now(r_.tasks.size(), clock(r_.tasks.size()));
    lines_by_place lines;
    std::vector<std::size_t> seen;  // conflicts of the task that is convicted
    for (std::size_t i = 0; i < r_.lines.size(); ++i) {
      const line& l = r_.lines[i];
      clock& mine = now[l.task];
      if (calls_.at(key_of(l)).first == i) follow_ended_calls(i, at, mine);
      if (touches(l) && !is_lock(l)) {
        for (const std::size_t other : lines.before(l)) {
          const line& o = r_.lines[other];
          if (!conflict(o, l) || !overlap(o, l)) continue;
          if (r_.tasks[l.task] == r_.end.task && (seen.empty() || seen.back() != i)) {
            seen.push_back(i);
            met_[i] = other;
          }
          if (mine[o.task] > other) continue;
          relevant_[other] = relevant_[i] = true;
          join(mine, at[sections_.end_with(other, i)]);
        }
        lines.add(l, i);
      }
      mine[l.task] = i + 1;
      at.push_back(mine);
    }
    if (r_.end.other != 0) return;
    for (std::size_t n = std::min<std::size_t>(seen.size(), last_conflicts); n > 0; --n)
      relevant_[seen[seen.size() - n]] = relevant_[met_[seen[seen.size() - n]]] = true;
  }

  // What the check that failed has read, and who wrote that.
  void judge_check() {
    if (r_.lines.empty() || !relevant_.back() || touches(r_.lines.back())) return;
    std::size_t read = r_.lines.size() - 1;
    const line& check = r_.lines[read];
    const auto asked = [&](const line& l) {
      return l.task == check.task && l.frame == check.frame && touches(l) && answers(l);
    };
    while (read > 0 && !asked(r_.lines[read])) --read;
    if (!asked(r_.lines[read])) return;
    const auto place = touched(r_.lines[read]);
    const auto answered = [&](const line& l) { return writes(l) && meet(touched(l), place); };
    std::size_t wrote = read;
    while (wrote > 0 && !answered(r_.lines[wrote])) --wrote;
    relevant_[read] = true;
    if (answered(r_.lines[wrote])) relevant_[wrote] = true;
  }

  void judge_writes() {
    const auto alone = [&](const line& l) { return l.task == r_.lines[0].task; };
    if (!std::all_of(r_.lines.begin(), r_.lines.end(), alone)) return;
    std::size_t left = last_writes;
    for (std::size_t i = r_.lines.size(); i-- > 0 && left > 0;) {
      const line& l = r_.lines[i];
      if (!writes(l) || is_lock(l) || counts(l)) continue;
      relevant_[i] = true;
      --left;
    }
  }

  void follow_ended_calls(std::size_t begun, const std::vector<clock>& at, clock& mine) const {
    for (const auto& [key, call] : calls_)
      if (call.last < begun) join(mine, at[call.last]);
  }

  bool overlap(const line& a, const line& b) const {
    const extent& x = calls_.at(key_of(a));
    const extent& y = calls_.at(key_of(b));
    return x.first <= y.last && y.first <= x.last;
  }

  bool is_contended(std::size_t taken, const std::vector<std::size_t>& lines) const {
    const line& l = r_.lines[taken];
    return std::any_of(lines.begin(), lines.end(), [&](std::size_t i) {
      return conflict(l, r_.lines[i]) && overlap(l, r_.lines[i]);
    });
  }

  void judge_section(std::size_t taken, const std::vector<std::size_t>& lines) {
    const task_id task = r_.lines[taken].task;
    const std::size_t end = sections_.end(taken);
    for (std::size_t i = taken + 1; i < end; ++i)
      if (r_.lines[i].task == task && relevant_[i]) return mark_section(taken, end, lines);
  }

  void mark_section(std::size_t first, std::size_t end, const std::vector<std::size_t>& lines) {
    for (const std::size_t i : lines)
      if (i >= first && i <= end && r_.lines[i].task == r_.lines[first].task) relevant_[i] = true;
  }

  // `waiting` did not come to take its lock: others that had it since its call began.
  void wait_for(const line& waiting) {
    const auto lines = sections_.locks().find(waiting.place());
    const auto call = calls_.find(key_of(waiting));
    if (lines == sections_.locks().end() || call == calls_.end() ||
        !(takes_lock(waiting) || opens_section(waiting)))
      return;
    for (const std::size_t taken : lines->second) {
      const task_id task = r_.lines[taken].task;
      const std::size_t end = sections_.end(taken);
      if (task == waiting.task || !opens_section(r_.lines[taken]) || end < call->second.first)
        continue;
      mark_section(taken, end, lines->second);
      for (std::size_t i = taken; i < end; ++i)
        if (r_.lines[i].task == task && touches(r_.lines[i]) &&
            r_.lines[i].object == waiting.object)
          relevant_[i] = true;
    }
  }

  const recording& r_;
  const lock_sections sections_;
  std::vector<bool> relevant_;
  std::map<call_key, extent> calls_;
  std::map<std::size_t, std::size_t> met_;  // conflicts of the task that is convicted: with what
};

}  // namespace

std::vector<bool> relevant_lines(const recording& r) { return judging(r).take(); }

}  // namespace iorace
