// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/verify.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <xxhash.h>

#include "scheduler/engine/check.h"
#include "scheduler/explore/exhaustive.h"
#include "scheduler/explore/keep.h"
#include "scheduler/explore/preemptions.h"
#include "scheduler/strategies/rng.h"

namespace iorace {
namespace {

class searcher {
 public:
  searcher(const program& p, const verify_options& o)
      : program_(p), options_(o), each_(o.each), promoted_(o.points.begin(), o.points.end()) {
    each_.fair = false;
    each_.reuse_setup = true;
    each_.for_search = each_.late_deadlocks = true;
    if (p.check)
      program_.check = [this, &p](void* world) {
        strategy_.settle();
        p.check(world);
      };
  }

  verify_result run() {
    while (!pass()) {
    }
    result_.promoted.assign(promoted_.begin(), promoted_.end());
    result_.duplicates = result_.executions - result_.traces - result_.blocked;
    return std::move(result_);
  }

 private:
  // Executions that are still to come out of one execution.
  struct level {
    std::size_t first, next, end;  // of its reversals
    std::size_t kept;              // clocks that the log kept before
    bool stashed;
  };
  // What is known of the nodes of the tree that are so many reversals away from its root.
  struct breadth {
    std::uint64_t traces = 0, children = 0;
  };

  // Returns false if a field became a point and the search has to begin again.
  bool pass() {
    fields_.assign(promoted_.begin(), promoted_.end());
    engine_.promote(fields_);
    breadths_.clear();
    tried_.clear();
    restart_passed();
    std::vector<drawn_number> way;
    do {
      begin_tree(std::move(way));
      if (!execute(0)) return false;
      while (find_reversal()) {
        if (ends_early()) return true;
        if (!reverse()) return false;
      }
      way = other_way();
    } while (!way.empty() && !ends_early());
    if (!way.empty()) return true;
    result_.complete = result_.step_bound == 0;
    result_.estimate = static_cast<double>(result_.executions);
    return true;
  }

  // To be asked where there is another execution to come: after the last one a search is complete,
  // however many it might have had.
  bool ends_early() {
    if (result_.executions < options_.executions_max && !stop()) return false;
    result_.estimate = estimate();
    return true;
  }

  void begin_tree(std::vector<drawn_number> way) {
    log_.clear();
    levels_.clear();
    reversals_.clear();
    strategy_.restart();
    strategy_.next.numbers = std::move(way);
  }

  // What is drawn before the first event belongs to none: each way of it has a tree of its own.
  // Returns the next one, or nothing if all of them have been.
  std::vector<drawn_number> other_way() const {
    std::vector<drawn_number> way = drawn_first();
    while (!way.empty() && way.back().value + 1 == way.back().of) way.pop_back();
    if (!way.empty()) ++way.back().value;
    return way;
  }

  std::vector<drawn_number> drawn_first() const {
    const auto is_later = [](const drawn_number& d) { return d.by != no_event; };
    return {log_.draws.begin(), std::find_if(log_.draws.begin(), log_.draws.end(), is_later)};
  }

  // Goes back to the last level that has a reversal left. Returns false if there is none.
  bool find_reversal() {
    for (; !levels_.empty(); levels_.pop_back()) {
      level& top = levels_.back();
      if (top.stashed) {
        log_.unstash();
        top.stashed = false;
      }
      if (top.next != top.end) return true;
      reversals_.resize(top.first);
      log_.drop_kept(top.kept);
    }
    return false;
  }

  // Makes the next execution of the tree. Returns false as pass() does.
  bool reverse() {
    level& top = levels_.back();
    const reversal r = reversals_[top.next++];
    top.stashed = true;
    return execute(depart(r));
  }

  bool stop() {
    if (options_.stop_at_first && !result_.findings.empty()) return true;
    result_.stopped = options_.stop(
        {result_.earlier + result_.executions, result_.points, result_.findings.size()});
    return result_.stopped;
  }

  // Of the executions in all, after Knuth ("Estimating the efficiency of backtrack programs", Math.
  // Comp. 1975), but with all nodes of a depth for one probe: as many children each on average as
  // those that were looked at.
  double estimate() const {
    double width = breadths_.empty() ? 1 : static_cast<double>(breadths_[0].traces), all = 0;
    for (const drawn_number& d : drawn_first()) width += d.of - 1 - d.value;
    for (const breadth& b : breadths_) {
      all += width;
      width *= static_cast<double>(b.children) / static_cast<double>(b.traces);
    }
    const auto executions = static_cast<double>(result_.executions);
    return std::max(executions, all * executions / static_cast<double>(result_.traces));
  }

  // Children come in a drawn order: with theirs, those that were looked at would be of one kind.
  void shuffle(std::size_t begin) {
    rng order(result_.traces);
    for (std::size_t n = reversals_.size() - begin; n > 1; --n)
      std::swap(reversals_[begin + n - 1],
                reversals_[begin + order.below(static_cast<std::uint32_t>(n))]);
  }

  void restart_passed() {
    result_.earlier += result_.executions;
    result_.executions = result_.traces = result_.blocked = 0;
    result_.cut = result_.step_bound = result_.beyond = 0;
    result_.digest = 0;
  }

  // Returns the departure whose last event is `e`. Requires: there is one.
  const departure& departure_at(event_id e) const {
    const auto at = std::find_if(log_.departures.begin(), log_.departures.end(),
                                 [&](const departure& d) { return d.at == e; });
    CHECK(at != log_.departures.end(), "no departure ends here");
    return *at;
  }

  // Makes the log and the plan those of a reversal. Returns the first new event that counts.
  event_id depart(const reversal& r) {
    exhaustive::plan& plan = strategy_.next;
    plan.tasks.clear();
    plan.numbers.clear();
    const bool choice = r.how == reversal::kind::choice, again = r.how == reversal::kind::again;
    plan.against = choice  ? no_task
                   : again ? departure_at(r.head).against
                           : log_.events[log_.at(r.at)].task;
    for (event_id e = r.at; e < log_.size() && !choice; ++e)
      if (finder_.precedes(r, e)) plan.add(log_, e, r.at);
    const event_id head = r.at + static_cast<event_id>(plan.tasks.size());
    departure d{head, r.at, plan.against, again || r.how == reversal::kind::waits};
    bool scheduled = true;
    if (choice) {
      const event& v = log_.events[log_.at(r.at)];
      scheduled = v.scheduled;
      for (std::uint32_t i = 0; i < r.draw; ++i) plan.numbers.push_back(log_.draws[v.draws + i]);
      plan.numbers.push_back({r.at, r.value, 0});
      if (scheduled) {
        d = departure_at(r.at);
        plan.against = d.against;
      }
    }
    plan.tasks.push_back(r.task);
    strategy_.head_scheduled = scheduled;
    log_.stash(r.at);
    log_.departures.push_back(d);
    return head;
  }

  // Returns false if the search has to begin again.
  bool execute(event_id first) {
    bool done = false, lost = false;
    while (!done) {
      const execution_result r = engine_.run(program_, strategy_, each_);
      done = strategy_.finish(r, ends_);
      strategy_.next.tasks.clear();
      strategy_.next.against = no_task;
      lost = strategy_.lost();
      count(r);
      const bool again = promote();
      if (r.how == ended::found || !engine_.cycles().empty()) report(r, again);
      if (again) return false;
    }
    const std::size_t begin = reversals_.size(), kept = log_.kept();
    if (lost) {
      ++result_.blocked;
      levels_.push_back({begin, begin, begin, kept, false});
      return true;
    }
    ++result_.traces;
    finder_.find(first, ends_, reversals_);
    if (options_.preemptions) keep_within(begin, *options_.preemptions);
    shuffle(begin);
    levels_.push_back({begin, begin, reversals_.size(), kept, false});
    if (levels_.size() > breadths_.size()) breadths_.emplace_back();
    breadth& b = breadths_[levels_.size() - 1];
    ++b.traces;
    b.children += reversals_.size() - begin;
    result_.tree = std::max(result_.tree, log_.entries() + reversals_.size());
    return true;
  }

  // Drops the reversals from `begin` on behind which every trace needs more preemptions.
  void keep_within(std::size_t begin, unsigned most) {
    bound_.look_at(ends_);
    result_.beyond += bound_.exceeded(most);
    common_.resize(log_.stride());
    const auto beyond = [&](const reversal& r) {
      finder_.common(r, common_.data());
      return bound_.exceeded(common_.data(), most);
    };
    const auto from = reversals_.begin() + static_cast<std::ptrdiff_t>(begin);
    reversals_.erase(std::remove_if(from, reversals_.end(), beyond), reversals_.end());
  }

  void count(const execution_result& r) {
    add_to_totals(r);
    result_.cut += r.how == ended::cut;
    result_.step_bound += r.past_bound;
    if (options_.seen) options_.seen(engine_);
  }

  void add_to_totals(const execution_result& r) {
    ++result_.executions;
    result_.points += r.points;
    result_.operations += r.operations;
    result_.digest = XXH3_64bits_withSeed(&r.digest, sizeof r.digest, result_.digest);
  }

  bool promote() {
    const std::size_t before = promoted_.size();
    for (const wanted_point& u : engine_.wanted_points())
      promoted_.insert(engine_.objects.class_field(u.object, u.field));
    const finding& f = engine_.last_finding();
    if (f.kind == verdict::data_race) {
      const step& s = engine_.steps()[f.at];
      promoted_.insert(engine_.objects.class_field(s.object, s.field));
    }
    return promoted_.size() > before;
  }

  void report(const execution_result& r, bool again);
  void keep(const finding& f);
  void plan_alone(std::span<const task_id> tasks, std::vector<exhaustive::plan>& to);
  void try_alone(std::vector<exhaustive::plan> plans);

  program program_;  // whose check is the last to look
  const verify_options& options_;
  execution_options each_;
  std::set<std::string> promoted_;
  std::vector<std::string> fields_;
  std::set<std::string> titles_;
  std::set<std::uint64_t> tried_;  // hashes of plans, see plan_alone()
  engine engine_;
  event_log log_;
  exhaustive strategy_{engine_, log_};
  reversal_finder finder_{log_};
  preemption_bound bound_{log_};
  std::vector<event_log::tick> common_;
  std::vector<unfinished> ends_;
  std::vector<reversal> reversals_;
  std::vector<level> levels_;
  std::vector<breadth> breadths_;  // by depth
  verify_result result_;
};

// The first thing that happened would have ended the execution but for this search. What happened
// behind it may be found without it. `again`: the search begins once more, and will see that.
// Requires: something did happen.
void searcher::report(const execution_result& r, bool again) {
  const std::span<const noted_cycle> cycles = engine_.cycles();
  const finding* const last = r.how == ended::found ? &engine_.last_finding() : nullptr;
  keep(cycles.empty() ? *last : cycles.front().what);
  if (again) return;
  std::vector<exhaustive::plan> plans;
  for (const noted_cycle& c : cycles)
    if (!titles_.contains(c.what.title)) plan_alone(c.tasks, plans);
  if (last != nullptr && !titles_.contains(last->title)) plan_alone(std::array{last->task}, plans);
  if (!plans.empty()) try_alone(std::move(plans));
}

// Plans of what `tasks` have done, each of them once as the last one, and what precedes that. Not
// what has been tried before.
void searcher::plan_alone(std::span<const task_id> tasks, std::vector<exhaustive::plan>& to) {
  for (const task_id last : tasks) {
    exhaustive::plan p = strategy_.alone(tasks, last);
    std::uint64_t h = XXH3_64bits(p.tasks.data(), p.tasks.size() * sizeof p.tasks[0]);
    h = XXH3_64bits_withSeed(p.numbers.data(), p.numbers.size() * sizeof p.numbers[0], h);
    if (tried_.insert(h).second) to.push_back(std::move(p));
  }
}

void searcher::keep(const finding& what) {
  if (!titles_.insert(what.title).second) return;
  verified_finding f;
  f.what = what;
  f.what.execution = result_.earlier + result_.executions - 1;
  f.points = fields_;
  f.picks = strategy_.picks();
  f.numbers = strategy_.numbers();
  result_.findings.push_back(std::move(f));
}

// Other executions, which are no part of the search.
void searcher::try_alone(std::vector<exhaustive::plan> plans) {
  execution_options alone = each_;
  alone.late_deadlocks = false;
  log_.put_away();
  for (exhaustive::plan& p : plans) {
    log_.cut(0);
    strategy_.next = std::move(p);
    const execution_result r = engine_.run(program_, strategy_, alone);
    std::vector<unfinished> ends;
    strategy_.finish(r, ends);
    add_to_totals(r);
    if (r.how == ended::found) keep(engine_.last_finding());
  }
  strategy_.next = {};
  log_.bring_back();
}

}  // namespace

verify_result verify(const program& p, const verify_options& o) {
  CHECK(o.each.detect_races || !o.points.empty(),
        "verify learns from races which fields are points, expected detect_races or points");
  return searcher(p, o).run();
}

}  // namespace iorace
