// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/reduce_schedule.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "scheduler/record/capture.h"
#include "scheduler/record/places.h"
#include "scheduler/strategies/replay.h"

namespace iorace {
namespace {

constexpr std::uint32_t short_schedules_max = 4000;  // candidates of pass 1

// The smaller the better, the first difference decides.
using cost = std::tuple<std::size_t, std::size_t, std::uint64_t, std::size_t, std::size_t,
                        std::size_t, std::uint32_t>;

std::size_t lines_of(const schedule& s) { return s.segments.size() + s.choices.size(); }

schedule without(const schedule& s, std::size_t first, std::size_t count) {
  schedule out;
  for (std::size_t i = 0; i < lines_of(s); ++i) {
    if (i >= first && i < first + count) continue;
    if (i < s.segments.size())
      out.segments.push_back(s.segments[i]);
    else
      out.choices.push_back(s.choices[i - s.segments.size()]);
  }
  return out;
}

class reduction {
 public:
  reduction(engine& e, const program& p, const replay_input& in, const reduction_goal& goal,
            const reduction_options& o)
      : engine_(e), names_(e), program_(p), in_(in), goal_(goal), options_(o) {
    e.promote(in.points);
  }

  reduced_schedule run() {
    out_.plan = in_.plan;
    out_.lines_before = lines_of(in_.plan);
    learn_places();
    if (!better(in_.plan)) return out_;
    better({});
    remove_lines();
    try_short_schedules();
    improve();
    out_.minimal = is_minimal();
    if (!out_.minimal && !over()) {  // one line less at the price of a switch more
      lines_first_ = true;
      cost_ = {lines_of(out_.plan), ~std::size_t{0}, 0, 0, 0, 0, 0};
      improve();
      out_.minimal = is_minimal();
    }
    return out_;
  }

 private:
  // All passes until none of them finds anything better.
  void improve() {
    for (std::uint32_t before = ~0u; before != out_.accepted && !over();) {
      before = out_.accepted;
      remove_lines();
      loosen_segments();
      exchange_segments();
      change_tasks();
      lower_choices();
      move_to_natural_places();
    }
  }

  // An execution that looks at something thousands of times until it is forced on needs fewer lines
  // than one that goes on by itself, and nobody wants to read it. So the first one that ends by
  // itself is better than all that do not, and from then on those that take far longer than it are
  // none.
  void keep_short() {
    may_pass_bound_ = false;
    each_.points_max = std::min(each_.points_max, 4 * out_.result.points + 1000);
  }

  bool over() const { return out_.executions >= options_.executions_max || stopped_; }

  bool comes_to_goal(const schedule& s, schedule& followed) {
    if (options_.stop()) stopped_ = true;
    ++out_.executions;
    replay follow(s, names_);
    result_ = engine_.run(program_, follow, each_);
    if (result_.how != ended::found || (result_.past_bound && !may_pass_bound_)) return false;
    const finding& f = engine_.last_finding();
    if (f.name != goal_.verdict || f.title != goal_.title) return false;
    followed = follow.followed();
    return true;
  }

  cost cost_of(const schedule& s) const {
    std::uint64_t answers = 0;
    for (const choice& c : s.choices) answers += c.value;
    std::size_t anchors = 0, unnatural = 0;
    std::set<std::string_view> busy;
    for (const segment& g : s.segments) {
      busy.insert(g.task);
      if (!g.until) continue;
      ++anchors;
      const auto known = naturalness_.find(g.task + ' ' + to_text(*g.until));
      unnatural += known == naturalness_.end() ? 2 : known->second;
    }
    std::size_t first = result_.switches, second = lines_of(s);
    if (lines_first_) std::swap(first, second);
    const std::size_t idle = engine_.tasks() - busy.size();
    return {first, second, answers, anchors, idle, unnatural, result_.operations};
  }

  // Executes a candidate and adopts it, as it was followed, if it is better than the best so far.
  bool better(const schedule& candidate) {
    if (over()) return false;
    schedule followed;
    if (!comes_to_goal(candidate, followed)) return false;
    const std::size_t first = lines_first_ ? lines_of(followed) : result_.switches;
    const bool ends_itself = may_pass_bound_ && !result_.past_bound;
    const bool compare = out_.holds && !ends_itself;
    if (compare && first > std::get<0>(cost_)) return false;
    const cost c = cost_of(followed);
    if (compare && c >= cost_) return false;
    ++out_.accepted;
    out_.holds = true;
    out_.plan = std::move(followed);
    out_.result = result_;
    cost_ = c;
    if (ends_itself) keep_short();
    return true;
  }

  // ddmin: chunks of half the lines, of a quarter, and so on down to single ones.
  void remove_lines() {
    for (std::size_t chunk = std::max<std::size_t>(lines_of(out_.plan) / 2, 1);; chunk /= 2) {
      for (std::size_t at = lines_of(out_.plan); at > 0 && !over();) {
        at = std::min(at, lines_of(out_.plan));
        at -= std::min(at, chunk);
        better(without(out_.plan, at, chunk));
      }
      if (chunk <= 1) return;
    }
  }

  // Most races need one or two early switches, and schedules of that length can be tried one by
  // one: "A until X, then B", "A, then B until X, then C", "A until X, B until Y, then A".
  void try_short_schedules() {
    for (std::size_t lines = 1; lines <= 3; ++lines)
      if (out_.plan.segments.size() > lines || out_.result.switches > lines)
        extend({.segments = {}, .choices = out_.plan.choices}, lines);
  }

  // Appends up to `lines` segments to `s` in every way. Where tasks can stop is read off executions
  // in which they do not.
  void extend(const schedule& s, std::size_t lines) {
    for (task_id t = 1; t < engine_.tasks() && !over(); ++t) {
      const std::string task = engine_.task_name(t);
      if (short_schedules_left_ == 0) return;
      if (!s.segments.empty() && s.segments.back().task == task) continue;
      schedule longer = s;
      longer.segments.push_back({task, std::nullopt});
      --short_schedules_left_;
      if (lines == 1) {
        better(longer);
        continue;
      }
      schedule ignored;
      comes_to_goal(longer, ignored);
      const std::vector<anchor> places = places_of(capture(engine_), task);
      extend(longer, lines - 1);
      for (const anchor& a : places) {
        if (!can_stop_at(a, in_.points)) continue;
        longer.segments.back().until = a;
        extend(longer, lines - 1);
      }
    }
  }

  void loosen_segments() {
    for (std::size_t i = 0; i < out_.plan.segments.size(); ++i) {
      if (!out_.plan.segments[i].until) continue;
      schedule s = out_.plan;
      s.segments[i].until.reset();
      better(s);
    }
  }

  // Two neighbours the other way round: where they were independent, one of them joins the next
  // segment of its own task.
  void exchange_segments() {
    for (std::size_t i = 0; i + 1 < out_.plan.segments.size(); ++i) {
      schedule s = out_.plan;
      std::swap(s.segments[i], s.segments[i + 1]);
      better(s);
    }
  }

  // What a task does to the end another one may do as well, best of all one that does nothing else.
  void change_tasks() {
    for (std::size_t i = 0; i < out_.plan.segments.size(); ++i)
      for (task_id t = 1; t < engine_.tasks() && i < out_.plan.segments.size(); ++t) {
        if (out_.plan.segments[i].until) break;
        schedule s = out_.plan;
        s.segments[i].task = engine_.task_name(t);
        if (s.segments[i].task != out_.plan.segments[i].task) better(s);
      }
  }

  void lower_choices() {
    for (std::size_t i = 0; i < out_.plan.choices.size(); ++i)
      for (const bool half : {true, false}) {
        if (i >= out_.plan.choices.size() || out_.plan.choices[i].value == 0) break;
        schedule s = out_.plan;
        std::uint32_t& value = s.choices[i].value;
        value = half ? value / 2 : value - 1;
        better(s);
      }
  }

  // Lets each task run first, to see the places that it comes to.
  void learn_places() {
    schedule ignored;
    comes_to_goal({}, ignored);
    for (task_id t = 1; t < engine_.tasks() && !over(); ++t) {
      const std::string task = engine_.task_name(t);
      comes_to_goal({.segments = {{task, std::nullopt}}, .choices = in_.plan.choices}, ignored);
      learn(capture(engine_), task);
    }
  }

  void learn(const recording& r, const std::string& task) {
    const std::vector<anchor> places = places_of(r, task);
    const std::vector<unsigned> ranks = naturalness_of(r, task);
    for (std::size_t i = 0; i < places.size(); ++i)
      naturalness_.emplace(task + ' ' + to_text(places[i]), ranks[i]);
  }

  // Moves each anchor to the nearest more natural places, before it and behind it. Where its task
  // would have come to is seen when it does not stop there.
  void move_to_natural_places() {
    for (std::size_t i = 0; i < out_.plan.segments.size() && !over(); ++i) {
      const segment g = out_.plan.segments[i];
      if (!g.until) continue;
      schedule on = out_.plan;
      on.segments.resize(i + 1);
      on.segments[i].until.reset();
      schedule ignored;
      comes_to_goal(on, ignored);
      const recording r = capture(engine_);
      learn(r, g.task);
      move_nearby(i, places_of(r, g.task), naturalness_of(r, g.task));
    }
  }

  void move_nearby(std::size_t i, const std::vector<anchor>& places,
                   const std::vector<unsigned>& ranks) {
    const auto here = static_cast<std::size_t>(
        std::find(places.begin(), places.end(), *out_.plan.segments[i].until) - places.begin());
    for (unsigned rank = 0; here < places.size() && rank < ranks[here]; ++rank) {
      std::size_t before = here, behind = here;
      while (before > 0 && ranks[before] != rank) --before;
      while (behind + 1 < places.size() && ranks[behind] != rank) ++behind;
      for (const std::size_t to : {behind, before}) {
        if (ranks[to] != rank || !can_stop_at(places[to], in_.points)) continue;
        schedule s = out_.plan;
        s.segments[i].until = places[to];
        if (better(s)) return;
      }
    }
  }

  bool is_minimal() {
    schedule followed;
    for (std::size_t i = 0; i < lines_of(out_.plan); ++i)
      if (over() || comes_to_goal(without(out_.plan, i, 1), followed)) return false;
    return !over();
  }

  engine& engine_;
  const engine_names names_;
  const program& program_;
  const replay_input& in_;
  execution_options each_ = in_.options;
  bool may_pass_bound_ = true;
  const reduction_goal& goal_;
  const reduction_options& options_;
  // By task and anchor: see naturalness_of().
  std::map<std::string, unsigned> naturalness_;
  reduced_schedule out_;
  cost cost_;
  execution_result result_;  // of the last candidate
  std::uint32_t short_schedules_left_ = short_schedules_max;
  bool lines_first_ = false;
  bool stopped_ = false;
};

}  // namespace

reduced_schedule reduce_schedule(engine& e, const program& p, const replay_input& in,
                                 const reduction_goal& goal, const reduction_options& o) {
  return reduction(e, p, in, goal, o).run();
}

std::optional<schedule> still_holds(engine& e, const program& p, const replay_input& in,
                                    const reduction_goal& goal) {
  const engine_names n(e);
  replay follow(in.plan, n);
  e.promote(in.points);
  if (e.run(p, follow, in.options).how != ended::found) return std::nullopt;
  const finding& f = e.last_finding();
  if (f.name != goal.verdict || f.title != goal.title) return std::nullopt;
  return follow.followed();
}

}  // namespace iorace
