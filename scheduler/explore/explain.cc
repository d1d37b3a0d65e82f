// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/explain.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/explore/timeline.h"
#include "scheduler/record/capture.h"
#include "scheduler/record/places.h"
#include "scheduler/strategies/hold.h"
#include "scheduler/strategies/recorder.h"
#include "scheduler/strategies/replay.h"

namespace iorace {
namespace {

using moment = timeline::moment;

// Two orders that matter are the ends of one piece if its task lies between them.
struct turned_order {
  const moment* first;
  const moment* second;
  std::size_t held_at;  // operation of the first one's task
  instead what;
};

class explaining {
 public:
  explaining(engine& e, const program& p, const replay_input& in, const explain_options& o)
      : engine_(e), names_(e), program_(p), in_(in), options_(o) {
    e.promote(in.points);
  }

  explanation run() {
    replay follow(in_.plan, names_);
    recorder r(follow, names_);
    if (execute(r).how != ended::found) return std::move(out_);
    const finding& f = engine_.last_finding();
    out_.verdict = f.name;
    out_.title = f.title;
    out_.detail = f.detail;
    plan_ = r.recorded();
    steps_ = capture(engine_);
    out_.task = steps_.end.task;
    out_.alone = std::all_of(steps_.lines.begin(), steps_.lines.end(),
                             [&](const auto& l) { return l.task == steps_.lines[0].task; });
    find_neighbour(budget(2));
    timeline t(steps_, in_.points);
    add_futures(t);
    name_sides(t);
    find_orders(t, budget(2));
    try_choices();
    out_.minimal = is_minimal();
    return std::move(out_);
  }

 private:
  // The number of executions at which a search for which `fifths` are set aside ends.
  std::uint32_t budget(std::uint32_t fifths) const {
    return std::min(options_.executions_max,
                    out_.executions + options_.executions_max / 5 * fifths);
  }
  bool over(std::uint32_t end) {
    if (!stopped_ && options_.stop()) stopped_ = true;
    if (!stopped_ && out_.executions < end) return false;
    out_.complete = false;
    return true;
  }

  execution_result execute(strategy& s) {
    ++out_.executions;
    return engine_.run(program_, s, in_.options);
  }
  bool same_finding() const {
    const finding& f = engine_.last_finding();
    return f.name == out_.verdict && f.title == out_.title;
  }
  execution_result execute(const schedule& s) {
    replay follow(s, names_);
    return execute(follow);
  }

  // The schedule up to the switch `i`, whose task goes on instead.
  schedule without_stop(std::size_t i) const {
    schedule s = plan_;
    s.segments.resize(i + 1);
    s.segments[i].until.reset();
    return s;
  }

  struct move {
    std::size_t operations, later, line;
    anchor to;
    auto order() const { return std::tuple(operations, later == 0, line); }
  };

  void find_neighbour(std::uint32_t end) {
    std::vector<move> moves;
    for (std::size_t i = 0; i + 1 < plan_.segments.size() && !over(end); ++i) add_moves(i, moves);
    std::stable_sort(moves.begin(), moves.end(),
                     [](const move& a, const move& b) { return a.order() < b.order(); });
    for (const move& m : moves)
      if (over(end) || try_move(m)) return;
  }

  // Keeps the nearest move of the best kind; returns true iff there is no better kind.
  bool try_move(const move& m) {
    schedule s = plan_;
    s.segments[m.line].until = m.to;
    replay follow(s, names_);
    const ended how = execute(follow).how;
    if (how != ended::finished && (how != ended::found || same_finding())) return false;
    const schedule followed = follow.followed();
    const int kind = how == ended::found ? 1 : anchors_of(followed) < anchors_of(s) ? 2 : 3;
    if (kind <= neighbour_kind_) return false;
    neighbour_kind_ = kind;
    out_.neighbour = {.was = plan_.segments[m.line],
                      .moved = s.segments[m.line],
                      .let_in = plan_.segments[m.line + 1].task,
                      .later = m.later != 0,
                      .operations = m.operations,
                      .ends = {engine_.last_finding().title},
                      .plan = followed};
    return kind == 3;
  }

  static std::ptrdiff_t anchors_of(const schedule& s) {
    return std::count_if(s.segments.begin(), s.segments.end(),
                         [](const segment& g) { return g.until.has_value(); });
  }

  // Everywhere else where the task of a switch could stop. One that was not stopped has come to
  // its end, or is blocked there.
  void add_moves(std::size_t i, std::vector<move>& moves) {
    const segment& g = plan_.segments[i];
    execute(without_stop(i));
    const std::vector<anchor> places = places_of(capture(engine_), g.task);
    std::size_t here = places.size();
    if (g.until)
      here = static_cast<std::size_t>(std::find(places.begin(), places.end(), *g.until) -
                                      places.begin());
    for (std::size_t k = 0; k < places.size(); ++k)
      if (k != here && can_stop_at(places[k], in_.points))
        moves.push_back({k < here ? here - k : k - here, k > here, i, places[k]});
  }

  void add_futures(timeline& t) {
    for (const recording::line& l : steps_.pending) add_future(t, l.task, plan_.segments.size());
    for (task_id i = 1; i < steps_.tasks.size(); ++i)
      if (steps_.tasks[i] == steps_.end.task) add_future(t, i, plan_.segments.size() - 1);
  }

  // What `task` does when it goes on at its last stop within the first `segments`.
  void add_future(timeline& t, task_id task, std::size_t segments) {
    schedule on{.segments = {{t.task(task), std::nullopt}}, .choices = plan_.choices};
    for (std::size_t i = 0; i < segments; ++i)
      if (plan_.segments[i].task == t.task(task)) on = without_stop(i);
    execute(on);
    t.add_future(task, capture(engine_));
  }

  // The last thing that a task did, or what it was about to do.
  const moment* latest(const timeline& t, const std::string& task, bool waits) const {
    const moment* found = nullptr;
    for (const moment& m : t.moments())
      if (t.task(m.task) == task &&
          (m.reached() || (waits && (found == nullptr || found->reached()))))
        found = &m;
    return found;
  }

  void name_sides(const timeline& t) {
    const recording::ending& end = steps_.end;
    const auto side = [&](std::uint32_t number, const std::string& task) -> const moment* {
      if (number != 0) return &t.moments()[number - 1];
      const auto waits = std::any_of(steps_.pending.begin(), steps_.pending.end(),
                                     [&](const auto& l) { return steps_.tasks[l.task] == task; });
      return latest(t, task, waits);
    };
    if (const moment* m = side(end.at, end.task)) out_.here = t.explained(*m);
    if (const moment* m = side(end.other, end.other_task)) out_.there = t.explained(*m);
  }

  // --- orders ---

  void find_orders(const timeline& t, std::uint32_t end) {
    std::vector<std::pair<const moment*, const moment*>> pairs;
    for (const moment& a : t.moments())
      for (const moment& b : t.moments())
        if (a.reached() && a.at < b.at && t.conflict(a, b)) pairs.push_back({&a, &b});
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
      return a.second->at - a.first->at < b.second->at - b.first->at;
    });
    std::vector<turned_order> matter;
    for (const auto& [a, b] : pairs) {
      if (over(end)) break;
      const auto turned = turn_round(t, *a, *b, matter);
      if (!turned) continue;
      std::erase_if(matter, [&](const turned_order& o) { return contains(o, *turned); });
      matter.push_back(*turned);
    }
    std::sort(matter.begin(), matter.end(), [](const turned_order& a, const turned_order& b) {
      return std::pair(a.first->at, a.second->at) < std::pair(b.first->at, b.second->at);
    });
    name_orders(t, matter);
  }

  // Turning `a` round turns `b` round as well.
  static bool contains(const turned_order& a, const turned_order& b) {
    return a.first->task == b.first->task && a.held_at <= b.held_at && b.second->at <= a.second->at;
  }

  // Returns the order of `a` and `b` if it matters and none that turns round with it does.
  std::optional<turned_order> turn_round(const timeline& t, const moment& a, const moment& b,
                                         const std::vector<turned_order>& matter) {
    for (const std::size_t at : t.holds(a)) {
      turned_order o{&a, &b, at, {}};
      if (std::any_of(matter.begin(), matter.end(),
                      [&](const turned_order& inner) { return contains(o, inner); }))
        return std::nullopt;
      const holding what{.task = t.task(a.task),
                         .at = t.stop_before(a.task, at),
                         .other = t.task(b.task),
                         .past = t.stop_before(b.task, b.own),
                         .at_once = !b.reached(),
                         .caught_up = t.standing_at(a.task, b.at)};
      replay follow(plan_, names_);
      hold h(follow, what, names_);
      const execution_result result = execute(h);
      if (!h.turned_round()) continue;
      if (result.how == ended::found && same_finding()) return std::nullopt;
      o.what.title = engine_.last_finding().title;
      return o;
    }
    return std::nullopt;
  }

  // Joins two orders where a piece of one task lies between two operations of the other.
  void name_orders(const timeline& t, std::vector<turned_order> matter) {
    std::set<std::pair<std::string, std::string>> calls;
    std::erase_if(matter, [&](const turned_order& o) {
      if (!t.one_call_after_the_other(*o.first, *o.second)) return false;
      explained_order order = single(t, o);
      const auto key = [](const explained_operation& x) { return x.task + ' ' + x.call; };
      if (calls.insert({key(order.first), key(*order.before)}).second)
        out_.calls.push_back(std::move(order));
      return true;
    });
    std::vector<bool> joined(matter.size());
    for (std::size_t i = 0; i < matter.size(); ++i) {
      if (joined[i]) continue;
      const turned_order& a = matter[i];
      explained_order o;
      for (std::size_t k = i + 1; k < matter.size() && !o.after; ++k) {
        const turned_order& b = matter[k];
        if (joined[k] || a.first->task != b.second->task || a.second->task != b.first->task ||
            a.second->at > b.first->at)
          continue;
        joined[k] = true;
        o = {.after = t.explained(*a.first),
             .first = t.explained(*a.second),
             .last = t.explained(*b.first),
             .before = t.explained(*b.second),
             .without_after = a.what,
             .without_before = b.what};
      }
      out_.orders.push_back(o.after ? std::move(o) : single(t, a));
    }
  }

  static explained_order single(const timeline& t, const turned_order& o) {
    return {.after = std::nullopt,
            .first = t.explained(*o.first),
            .last = t.explained(*o.first),
            .before = t.explained(*o.second),
            .without_after = {},
            .without_before = o.what};
  }

  // --- choices, and lines that could go ---

  void try_choices() {
    for (std::size_t i = 0; i < plan_.choices.size(); ++i) {
      if (over(options_.executions_max)) return;
      schedule s = plan_;
      s.choices.erase(s.choices.begin() + static_cast<std::ptrdiff_t>(i));
      if (execute(s).how == ended::found && same_finding()) continue;
      out_.choices.push_back({plan_.choices[i], {engine_.last_finding().title}});
    }
  }

  bool is_minimal() {
    for (std::size_t i = 0; i < in_.plan.segments.size() + in_.plan.choices.size(); ++i) {
      if (over(options_.executions_max)) return false;
      schedule s = in_.plan;
      if (i < s.segments.size())
        s.segments.erase(s.segments.begin() + static_cast<std::ptrdiff_t>(i));
      else
        s.choices.erase(s.choices.begin() + static_cast<std::ptrdiff_t>(i - s.segments.size()));
      if (execute(s).how == ended::found && same_finding()) return false;
    }
    return true;
  }

  engine& engine_;
  const engine_names names_;
  const program& program_;
  const replay_input& in_;
  const explain_options& options_;
  explanation out_;
  schedule plan_;    // of the execution, with every switch
  recording steps_;  // of it
  // 1: another finding, 2: none, 3: none, and all other switches are where they were.
  int neighbour_kind_ = 0;
  bool stopped_ = false;
};

}  // namespace

explanation explain(engine& e, const program& p, const replay_input& in, const explain_options& o) {
  return explaining(e, p, in, o).run();
}

}  // namespace iorace
