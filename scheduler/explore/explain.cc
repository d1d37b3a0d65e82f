// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/explain.h"

#include <algorithm>
#include <utility>

#include "scheduler/explore/attempts.h"
#include "scheduler/explore/orders.h"
#include "scheduler/explore/timeline.h"

namespace iorace {
namespace {

schedule without_line(schedule s, std::size_t i) {
  const auto at = static_cast<std::ptrdiff_t>(i);
  const auto segments = static_cast<std::ptrdiff_t>(s.segments.size());
  if (at < segments)
    s.segments.erase(s.segments.begin() + at);
  else
    s.choices.erase(s.choices.begin() + at - segments);
  return s;
}

// What `task` does when it goes on at its last stop within the first `segments`.
void add_future(attempts& tries, timeline& t, task_id task, std::size_t segments) {
  schedule on{.segments = {{t.task(task), std::nullopt}}, .choices = tries.plan().choices};
  for (std::size_t i = 0; i < segments; ++i)
    if (tries.plan().segments[i].task == t.task(task)) on = tries.without_stop(i);
  tries.execute(on);
  t.add_future(task, tries.latest());
}

void add_futures(attempts& tries, timeline& t) {
  const recording& r = tries.steps();
  const std::size_t segments = tries.plan().segments.size();
  for (const recording::line& l : r.pending) add_future(tries, t, l.task, segments);
  for (task_id i = 1; i < r.tasks.size(); ++i)
    if (r.tasks[i] == r.end.task) add_future(tries, t, i, segments - (segments != 0));
}

// The operation with that number; without one what `task` was about to do, or did last.
std::optional<explained_operation> one_side(const recording& r, const timeline& t,
                                            std::uint32_t number, const std::string& task) {
  if (number != 0) return t.explained(t.moments()[number - 1]);
  const bool waits = std::any_of(r.pending.begin(), r.pending.end(),
                                 [&](const auto& l) { return r.tasks[l.task] == task; });
  const timeline::moment* found = nullptr;
  for (const timeline::moment& m : t.moments())
    if (t.task(m.task) == task &&
        (m.reached() || (waits && (found == nullptr || found->reached()))))
      found = &m;
  return found == nullptr ? std::nullopt : std::optional(t.explained(*found));
}

std::vector<explained_choice> choices_that_matter(attempts& tries, std::uint32_t end) {
  std::vector<explained_choice> matter;
  const schedule& plan = tries.plan();
  for (std::size_t i = 0; i < plan.choices.size() && !tries.over(end); ++i) {
    tries.execute(without_line(plan, plan.segments.size() + i));
    if (tries.leads_elsewhere()) matter.push_back({plan.choices[i], tries.ending()});
  }
  return matter;
}

bool is_minimal(attempts& tries, std::uint32_t end) {
  const schedule& plan = tries.input().plan;
  for (std::size_t i = 0; i < plan.segments.size() + plan.choices.size(); ++i) {
    if (tries.over(end)) return false;
    tries.execute(without_line(plan, i));
    if (!tries.leads_elsewhere()) return false;
  }
  return true;
}

}  // namespace

explanation explain(engine& e, const program& p, const replay_input& in, const explain_options& o) {
  attempts tries(e, p, in, o);
  explanation out;
  const bool found = tries.begin();
  out.executions = tries.executions();
  if (!found) return out;
  const finding what = e.last_finding();
  const recording& r = tries.steps();
  out.verdict = what.name;
  out.title = what.title;
  out.detail = what.detail;
  out.task = r.end.task;
  out.alone = std::all_of(r.lines.begin(), r.lines.end(),
                          [&](const auto& l) { return l.task == r.lines[0].task; });
  out.neighbour = find_neighbour(tries, tries.budget(2));
  timeline t(r, in.points);
  add_futures(tries, t);
  out.here = one_side(r, t, r.end.at, r.end.task);
  out.there = one_side(r, t, r.end.other, r.end.other_task);
  find_orders(tries, t, tries.budget(2), out);
  out.choices = choices_that_matter(tries, o.executions_max);
  out.minimal = is_minimal(tries, o.executions_max);
  out.executions = tries.executions();
  out.complete = tries.complete();
  return out;
}

}  // namespace iorace
