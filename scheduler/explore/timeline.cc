// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/timeline.h"

#include <algorithm>
#include <utility>

#include "scheduler/record/conflicts.h"
#include "scheduler/record/places.h"

namespace iorace {
namespace {

// Meets a lock without taking it: a try that failed, or the end of the lock.
bool tries(const recording::line& l) {
  return l.kind == op_kind::kfree || (is_try(l.kind) && !is_lock(l));
}

}  // namespace

timeline::timeline(const recording& r, std::span<const std::string> points)
    : steps_(r), points_(points), places_(r.tasks.size()), mine_(r.tasks.size()) {
  sources_.emplace_back(r);
  for (std::size_t i = 0; i < r.lines.size(); ++i) add(0, r.lines[i].task, i);
  for (task_id t = 0; t < r.tasks.size(); ++t) places_[t] = places_of(r, r.tasks[t]);
}

void timeline::add(std::size_t from, task_id t, std::size_t line) {
  const source& s = sources_[from];
  mine_[t].push_back(moments_.size());
  moments_.push_back({.task = t,
                      .own = mine_[t].size() - 1,
                      .at = from == 0 ? line : steps_.lines.size() + mine_[t].size(),
                      .source = from,
                      .line = line,
                      .touched = touched(s.steps.lines[line]),
                      .object = s.steps.lines[line].object,
                      .frees = s.steps.lines[line].kind == op_kind::kfree});
}

void timeline::add_future(task_id t, recording on) {
  const auto of_task = [&](const recording& r) {
    std::vector<std::size_t> lines;
    for (std::size_t i = 0; i < r.lines.size(); ++i)
      if (r.tasks[r.lines[i].task] == steps_.tasks[t]) lines.push_back(i);
    return lines;
  };
  const std::size_t done = mine_[t].size();
  std::vector<std::size_t> lines = of_task(on);
  if (lines.size() <= done) {  // it is kept from going on
    on = steps_;
    for (const recording::line& l : steps_.pending)
      if (l.task == t) on.lines.push_back(l);
    lines = of_task(on);
    if (lines.size() <= done) return;
  }
  std::vector<anchor> places = places_of(on, steps_.tasks[t]);
  if (!std::equal(places_[t].begin(), places_[t].end(), places.begin())) return;
  places_[t] = std::move(places);
  const source& s = sources_.emplace_back(std::move(on));
  const std::uint32_t call = s.steps.call_of(s.steps.lines[lines[done]].frame);
  for (std::size_t i = done; i < lines.size(); ++i)
    if (s.steps.call_of(s.steps.lines[lines[i]].frame) == call)
      add(sources_.size() - 1, t, lines[i]);
}

explained_operation timeline::explained(const moment& m) const {
  const source& s = sources_[m.source];
  explained_operation o = iorace::explained(s.steps, s.sections, m.line);
  if (!m.reached()) o.step = 0;
  return o;
}

bool timeline::data_conflict(const moment& a, const moment& b) const {
  const recording::line& x = line(a);
  const recording::line& y = line(b);
  if (a.task == b.task || commute(x, y) || x.object.empty() ||
      traits(x.kind).access == access_type::none || traits(y.kind).access == access_type::none)
    return false;
  return meet(a.touched, b.touched) || ((a.frees || b.frees) && a.object == b.object);
}

std::vector<const timeline::moment*> timeline::protected_by(const moment& taken) const {
  const std::size_t end = sources_[taken.source].sections.end(taken.line);
  std::vector<const moment*> inside;
  for (std::size_t i = taken.own + 1; i < mine_[taken.task].size(); ++i) {
    const moment& m = moments_[mine_[taken.task][i]];
    if (m.source != taken.source || m.line >= end) break;
    if (!is_lock(line(m))) inside.push_back(&m);
  }
  return inside;
}

bool timeline::conflict(const moment& a, const moment& b) const {
  if (!data_conflict(a, b)) return false;
  if (is_lock(line(a)) != is_lock(line(b))) return tries(line(a)) || tries(line(b));
  if (!is_lock(line(a))) return true;
  if (!opens_section(line(a)) || !opens_section(line(b))) return false;
  const auto inside = protected_by(b);
  for (const moment* x : protected_by(a))
    for (const moment* y : inside)
      if (data_conflict(*x, *y)) return false;
  return true;
}

std::uint32_t timeline::call_of(const moment& m) const {
  const recording& r = sources_[m.source].steps;
  const std::uint32_t call = r.call_of(r.lines[m.line].frame);
  return r.frames[call].call ? call : 0;
}

bool timeline::one_call_after_the_other(const moment& a, const moment& b) const {
  if (!a.reached() || !b.reached() || call_of(a) == 0 || call_of(b) == 0) return false;
  std::size_t ended = 0, begun = steps_.lines.size();
  for (const moment& m : moments_) {
    if (m.task == a.task && m.source == 0 && call_of(m) == call_of(a)) ended = m.at;
    if (m.task == b.task && m.source == 0 && call_of(m) == call_of(b))
      begun = std::min(begun, m.at);
  }
  const auto inside = [&](const recording::line& l) {
    return l.task == a.task && steps_.call_of(l.frame) == call_of(a);
  };
  return ended < begun && std::none_of(steps_.pending.begin(), steps_.pending.end(), inside);
}

std::size_t timeline::last_stop(task_id t, std::size_t own) const {
  while (own > 0 && !can_stop_at(places_[t][own], points_)) --own;
  return own;
}

std::vector<std::size_t> timeline::holds(const moment& m) const {
  std::vector<std::size_t> all = {last_stop(m.task, m.own)};
  const std::vector<std::size_t>& locks = sources_[m.source].sections.around(m.line);
  for (auto lock = locks.rbegin(); lock != locks.rend(); ++lock)
    for (const std::size_t i : mine_[m.task])
      if (moments_[i].source == m.source && moments_[i].line == *lock &&
          moments_[i].own < all.back())
        all.push_back(moments_[i].own);
  return all;
}

const anchor& timeline::stop_before(task_id t, std::size_t own) const {
  return places_[t][last_stop(t, own)];
}

std::optional<anchor> timeline::standing_at(task_id t, std::size_t at) const {
  std::size_t own = 0;
  while (own < mine_[t].size() && moments_[mine_[t][own]].at <= at &&
         moments_[mine_[t][own]].reached())
    ++own;
  if (own == mine_[t].size()) return std::nullopt;
  return places_[t][own];
}

}  // namespace iorace
