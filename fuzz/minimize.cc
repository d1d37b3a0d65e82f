// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/minimize.h"

#include <algorithm>

#include <fmt/format.h>

#include "fuzz/bind.h"
#include "fuzz/program_text.h"
#include "fuzz/reduce_program.h"
#include "fuzz/trace_run.h"
#include "scheduler/explore/keep.h"
#include "scheduler/explore/reduce_schedule.h"
#include "scheduler/record/capture.h"
#include "scheduler/record/places.h"

namespace iorace {
namespace {

constexpr unsigned rounds_max = 10;
constexpr std::size_t short_schedule = 8;  // lines

// Lines are "  12 cpu1 function operation ...".
std::size_t switches_in(const std::vector<std::string>& steps) {
  std::size_t n = 0;
  std::string_view last;
  for (const std::string_view step : steps) {
    const std::size_t number = step.find_first_not_of(' ');
    const std::size_t task = step.find(' ', number) + 1;
    const std::string_view name = step.substr(task, step.find(' ', task) - task);
    n += !last.empty() && name != last;
    last = name;
  }
  return n;
}

tl::unexpected<std::string> failed(std::string what) { return tl::unexpected(std::move(what)); }

class minimizer {
 public:
  minimizer(const trace_file& t, const schema& s, const minimize_options& o)
      : schema_(s), options_(o), search_(make_strategy("portfolio")), best_(t), in_(input_of(t)) {}

  // The finding of the trace's execution becomes the goal.
  tl::expected<void, std::string> set_goal() {
    if (best_.program.menu) return failed("a menu has no execution of its own");
    const bound_program bound(best_.program, schema_);
    const kept_execution kept = keep(engine_, bound.runnable(), in_.plan, in_.options, in_.points);
    if (kept.what.kind == verdict::none)
      return failed("its execution ends without a finding: there is nothing to minimise");
    if (!best_.title.empty() && best_.title != kept.what.title)
      return tl::unexpected(
          fmt::format("its execution ends with {}, expected {}", kept.what.title, best_.title));
    goal_ = {kept.what.name, kept.what.title};
    best_ = trace_of(best_, kept);
    steps_ = kept.steps;
    return {};
  }

  minimized run() {
    minimized out;
    out.before = size_of(best_);
    trace_size size;
    for (unsigned round = 0; round < rounds_max && !options_.stop() && size_of(best_) != size;
         ++round) {
      size = size_of(best_);
      if (!options_.keep_program) shrink_program();
      shrink_points();
      out.minimal = shrink_schedule();
      settle();
    }
    out.trace = best_;
    out.after = size_of(best_);
    out.programs = programs_;
    out.minimal &= !options_.stop();
    return out;
  }

 private:
  // The candidate accepted last, the schedule that was found for it, in its names, and what came of
  // that.
  struct accepted {
    program_data program;
    std::vector<unsigned> original;
    schedule plan;
    recording steps;
  };

  void shrink_program() {
    last_ = {best_.program, {}, in_.plan, steps_};
    for (unsigned t = 0; t <= best_.program.task_count(); ++t) last_.original.push_back(t);
    program_candidate smallest =
        reduce_program(best_.program, [&](const program_candidate& c) { return fails(c); });
    best_.program = std::move(smallest.program);
    in_.plan = last_.plan;
  }

  bool fails(const program_candidate& c) {
    if (options_.stop()) return false;
    ++programs_;
    const bound_program bound(c.program, schema_);
    replay_input in = in_;
    in.plan = c.without ? without(*c.without) : with_tasks(last_.plan, c.program, since_last(c));
    std::optional<schedule> plan = still_holds(engine_, bound.runnable(), in, goal_);
    if (!plan && c.without) plan = with_fewer_lines(bound, in);
    if (!plan) plan = search(bound);
    if (!plan) return false;
    last_ = {c.program, c.original, std::move(*plan), capture(engine_)};
    return true;
  }

  schedule without(const program_candidate::call_number& c) const {
    const std::vector<call>& calls = last_.program.calls_of(c.task);
    const std::string label = call_label(calls[c.place]);
    const auto before = calls.begin() + static_cast<std::ptrdiff_t>(c.place);
    const auto nth = std::count_if(calls.begin(), before,
                                   [&](const call& other) { return call_label(other) == label; });
    return without_call(last_.plan, last_.steps,
                        {last_.steps.tasks[c.task], label, static_cast<std::size_t>(nth)});
  }

  // Tasks may have stopped because of what the call did: a line or two of a short schedule go, too.
  std::optional<schedule> with_fewer_lines(const bound_program& bound, const replay_input& in) {
    const std::vector<segment>& all = in.plan.segments;
    for (std::size_t n = 1; n <= 2; ++n)
      for (std::size_t i = 0; i + n <= all.size() && all.size() <= short_schedule; ++i) {
        replay_input fewer = in;
        const auto at = fewer.plan.segments.begin() + static_cast<std::ptrdiff_t>(i);
        fewer.plan.segments.erase(at, at + static_cast<std::ptrdiff_t>(n));
        if (auto plan = still_holds(engine_, bound.runnable(), fewer, goal_)) return plan;
      }
    return std::nullopt;
  }

  // original[] of the candidate, counted from the one accepted last.
  std::vector<unsigned> since_last(const program_candidate& c) const {
    std::vector<unsigned> since;
    for (const unsigned task : c.original) {
      const auto at = std::find(last_.original.begin(), last_.original.end(), task);
      since.push_back(static_cast<unsigned>(at - last_.original.begin()));
    }
    return since;
  }

  // With fewer calls the schedule may have to be another one: a few executions look for it.
  std::optional<schedule> search(const bound_program& bound) {
    execution_options o = in_.options;
    o.seed = 0;
    engine_.promote(in_.points);
    std::uint64_t points = 0;
    for (; o.number < options_.search_executions && points < options_.search_points; ++o.number) {
      if (options_.stop()) break;
      const execution_result r = engine_.run(bound.runnable(), *search_, o);
      if (r.how == ended::found && engine_.last_finding().title == goal_.title)
        return keep(engine_, bound.runnable(), *search_, o, in_.points).plan;
      points += r.points;
      o.points_estimate = std::max(o.points_estimate, r.points);
    }
    return std::nullopt;
  }

  void shrink_points() {
    const bound_program bound(best_.program, schema_);
    const std::vector<std::string> all = in_.points;
    const auto holds_with = [&](std::vector<std::string> points) {
      replay_input in = in_;
      in.points = std::move(points);
      const std::optional<schedule> plan = still_holds(engine_, bound.runnable(), in, goal_);
      if (plan) in_ = {*plan, in.points, in_.options};
      return plan.has_value();
    };
    if (all.empty() || holds_with({})) return;
    for (const std::string& point : all) {
      std::vector<std::string> fewer = in_.points;
      std::erase(fewer, point);
      if (fewer.size() < in_.points.size()) holds_with(std::move(fewer));
    }
  }

  bool shrink_schedule() {
    const bound_program bound(best_.program, schema_);
    reduction_options o;
    o.stop = options_.stop;
    const reduced_schedule reduced = reduce_schedule(engine_, bound.runnable(), in_, goal_, o);
    if (reduced.holds) in_.plan = reduced.plan;
    return reduced.minimal;
  }

  // Makes the trace that of program and schedule as they are now.
  void settle() {
    const bound_program bound(best_.program, schema_);
    const kept_execution kept = keep(engine_, bound.runnable(), in_.plan, in_.options, in_.points);
    best_ = trace_of(best_, kept);
    in_.plan = kept.plan;
    steps_ = kept.steps;
  }

  const schema& schema_;
  const minimize_options& options_;
  engine engine_;
  std::unique_ptr<strategy> search_;
  trace_file best_;
  replay_input in_;
  recording steps_;  // of in_
  reduction_goal goal_;
  accepted last_;
  std::uint32_t programs_ = 0;
};

}  // namespace

trace_size size_of(const trace_file& t) {
  trace_size size;
  for (unsigned task = 1; task <= t.program.task_count(); ++task)
    size.tasks += !t.program.calls_of(task).empty();
  size.calls = t.program.call_count();
  size.switches = t.steps.empty() && t.schedule ? t.schedule->switches() : switches_in(t.steps);
  size.steps = t.steps.size();
  return size;
}

tl::expected<minimized, std::string> minimize(const trace_file& t, const schema& s,
                                              const minimize_options& o) {
  minimizer m(t, s, o);
  if (const auto goal = m.set_goal(); !goal) return tl::unexpected(goal.error());
  minimized done = m.run();
  // A recording that goes without steps, perhaps because they are many, stays so.
  if (t.verdict && t.verdict->digest && t.steps.empty()) done.trace.steps.clear();
  return done;
}

}  // namespace iorace
