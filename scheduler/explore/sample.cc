// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/sample.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include <xxhash.h>

#include "scheduler/engine/check.h"
#include "scheduler/explore/pair_witness.h"
#include "scheduler/explore/sample_state.h"
#include "scheduler/explore/trace_hash.h"
#include "scheduler/explore/twice.h"
#include "scheduler/explore/workers.h"
#include "scheduler/strategies/pct.h"
#include "scheduler/strategies/portfolio.h"

namespace iorace {
namespace {

// Small batches first: what the first executions teach is worth the most.
constexpr std::uint64_t largest_batch = 65'536;
constexpr std::uint64_t batch_after(std::uint64_t executions) {
  return std::clamp<std::uint64_t>(executions / 8, 1, largest_batch);
}
// A batch is executed in slices, each of which is merged as soon as it is done: so much is held,
// and so much may be lost.
constexpr std::uint64_t slice_max = 4096;
constexpr std::uint64_t block = 16;  // executions that a worker takes at a time
constexpr std::uint64_t none = ~std::uint64_t{0};

struct outcome {
  std::uint64_t digest = 0;
  std::uint32_t points = 0;
  std::uint32_t operations = 0;
  std::uint64_t trace = 0;  // 0: nobody looked
  std::uint16_t tasks = 0;
  ended how = ended::finished;
};

// One worker's engine and what it saw in the current slice.
struct worker {
  engine machine;
  std::unique_ptr<strategy> choose;
  std::map<std::string, finding> first;        // by title
  std::map<std::string, std::uint64_t> raced;  // fields, and the first execution that saw them race
  std::vector<lesson> lessons;
  std::unique_ptr<pair_witness> witness;
  trace_hasher trace;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;  // execution and hash; new ones
};

class sampler {
 public:
  sampler(const program& p, const sample_options& o, sample_state from)
      : program_(p), options_(o), state_(std::move(from)), result_(state_.result), pool_(o.jobs) {
    result_.stopped = false;
    result_.statistics.pct_depth =
        o.strategy == "portfolio" ? portfolio::pct_depth : pct::depth_of(o.strategy);
    if (result_.executions == 0)
      for (const std::string& field : o.points) promote(field);
    for (unsigned i = 0; i < o.jobs; ++i) {
      workers_.push_back(std::make_unique<worker>());
      workers_.back()->choose = make_strategy(o.strategy);
      CHECK(workers_.back()->choose != nullptr, "sample: unknown strategy");
      workers_.back()->witness = std::make_unique<pair_witness>(*workers_.back()->choose);
    }
    for (const sampled_finding& f : result_.findings) titles_.insert(f.what.title);
    enter_batch();
  }

  sample_result run() {
    while (!over()) {
      if (result_.executions == state_.batch_end) begin_batch();
      run_slice();
      if (options_.checkpoint && !over()) options_.checkpoint(state_);
    }
    run_statistics& s = result_.statistics;
    s.traces = state_.traces.count();
    s.once = state_.traces.once();
    s.exact = state_.traces.exact();
    s.pairs = state_.pairs.count();
    s.pairs_exact = state_.pairs.exact();
    if (options_.checkpoint) options_.checkpoint(state_);
    return std::move(result_);
  }

 private:
  bool over() const {
    return result_.stopped || result_.executions >= options_.executions_max ||
           (!options_.keep_going && !result_.findings.empty());
  }

  // What the last batch has taught is known from here on.
  void begin_batch() {
    state_.batch_end += batch_after(result_.executions);
    state_.points = result_.promoted;
    state_.estimate = state_.longest;
    if (state_.learning != nullptr) {
      learning().merged();
      state_.known = std::exchange(state_.learning, nullptr);
    }
    enter_batch();
  }
  void enter_batch() {
    for (const auto& w : workers_) {
      w->machine.promote(state_.points);
      w->choose->recall(state_.known.get());
    }
  }

  void run_slice() {
    const std::uint64_t first = result_.executions;
    const std::uint64_t end = std::min(state_.batch_end, options_.executions_max);
    const std::uint64_t count = std::min(end - first, slice_max);
    outcomes_.assign(count, {});
    next_ = 0;
    convicted_ = none;
    for (const auto& w : workers_) {
      w->first.clear();
      w->raced.clear();
      w->lessons.clear();
      w->pairs.clear();
    }
    if (count <= block)
      work(options_.jobs - 1, first, count);
    else
      pool_.run([&](unsigned i) { work(i, first, count); });
    std::uint64_t done = std::min<std::uint64_t>(next_, count);
    if (!options_.keep_going && convicted_ != none) done = convicted_ + 1;
    merge(first, done);
  }

  // Takes blocks of the slice until it is used up. A block that was taken is finished, so what has
  // been executed is always a prefix.
  void work(unsigned i, std::uint64_t first, std::uint64_t count) {
    worker& w = *workers_[i];
    execution_options o = options_.each;
    o.points_estimate = state_.estimate;
    o.reuse_setup = !options_.twice;
    for (;;) {
      if (i + 1 == options_.jobs &&
          options_.stop({first + next_, result_.points, result_.findings.size()}))
        stop_ = true;
      if (stop_) return;
      const std::uint64_t begin = next_.fetch_add(block);
      if (begin >= count) return;
      for (std::uint64_t k = begin; k < std::min(begin + block, count); ++k) {
        if (!options_.keep_going && k > convicted_) return;
        o.number = first + k;
        execute(w, o, outcomes_[k], k);
      }
    }
  }

  void execute(worker& w, const execution_options& o, outcome& out, std::uint64_t k) {
    finding f;
    const bool look = looked_at(options_.statistics, o.number);
    strategy& by = look ? static_cast<strategy&>(*w.witness) : *w.choose;
    const execution_result r =
        options_.twice ? run_twice(w.machine, program_, by, o, f) : w.machine.run(program_, by, o);
    out = {r.digest,
           r.points,
           r.operations,
           look ? w.trace.of(w.machine) : 0,
           static_cast<std::uint16_t>(w.machine.tasks() - 1),
           r.how};
    if (look)
      for (const std::uint64_t pair : w.witness->take()) w.pairs.emplace_back(o.number, pair);
    w.lessons.emplace_back().execution = o.number;
    if (!w.choose->report(w.lessons.back(), r.how)) w.lessons.pop_back();
    for (const wanted_point& u : w.machine.wanted_points())
      w.raced.emplace(w.machine.objects.class_field(u.object, u.field), o.number);
    if (r.how != ended::found) return;
    if (f.kind == verdict::none) f = w.machine.last_finding();
    if (f.kind == verdict::data_race) {
      const step& s = w.machine.steps()[f.at];
      w.raced.emplace(w.machine.objects.class_field(s.object, s.field), o.number);
    }
    if (options_.pass_over && options_.pass_over(f)) return;
    w.first.emplace(f.title, f);
    std::uint64_t seen = convicted_;
    while (k < seen && !convicted_.compare_exchange_weak(seen, k)) {
    }
  }

  void merge(std::uint64_t first, std::uint64_t done) {
    for (std::uint64_t k = 0; k < done; ++k) {
      const outcome& out = outcomes_[k];
      count(first + k, out);
      result_.points += out.points;
      result_.operations += out.operations;
      result_.cut += out.how == ended::cut;
      result_.step_bound += out.how == ended::step_bound;
      result_.digest = XXH3_64bits_withSeed(&out.digest, sizeof out.digest, result_.digest);
      // One that spins to the bound says nothing of how long the others are.
      if (out.how != ended::step_bound) state_.longest = std::max(state_.longest, out.points);
    }
    const std::uint64_t end = result_.executions = first + done;
    for (const auto& w : workers_)
      for (const auto& [execution, pair] : w->pairs)
        if (execution < end) state_.pairs.add(pair);
    merge_findings(end);
    learn(end);
    result_.stopped = stop_;
  }

  void count(std::uint64_t number, const outcome& out) {
    run_statistics& s = result_.statistics;
    if (out.trace != 0) {
      ++s.looked_at;
      state_.traces.add(out.trace);
    }
    s.tasks_max = std::max<std::uint32_t>(s.tasks_max, out.tasks);
    if (out.how == ended::step_bound) return;
    s.points_max = std::max(s.points_max, out.points);
    const bool by_pct = options_.strategy == "portfolio"
                            ? pct::depth_of(portfolio::member(number)) != 0
                            : s.pct_depth != 0;
    s.pct_executions += by_pct && out.points <= std::min(state_.estimate, pct::patient);
  }

  // Merges the lessons of executions before `end`. Others know what they knew before.
  void learn(std::uint64_t end) {
    std::vector<const lesson*> lessons;
    for (const auto& w : workers_)
      for (const lesson& l : w->lessons)
        if (l.execution < end) lessons.push_back(&l);
    if (lessons.empty()) return;
    std::sort(lessons.begin(), lessons.end(),
              [](const lesson* a, const lesson* b) { return a->execution < b->execution; });
    knowledge& to = learning();
    for (const lesson* l : lessons) to.learn(*l);
  }

  // Whoever has kept a copy of the state keeps what it knew.
  knowledge& learning() {
    std::shared_ptr<knowledge>& now = state_.learning;
    if (now == nullptr) now = std::make_shared<knowledge>(*state_.known);
    if (now.use_count() > 1) now = std::make_shared<knowledge>(*now);
    return *now;
  }

  void merge_findings(std::uint64_t end) {
    std::map<std::uint64_t, finding> in_order;
    for (const auto& w : workers_) {
      for (const auto& [title, f] : w->first)
        if (f.execution < end) in_order.emplace(f.execution, f);
      for (const auto& [field, k] : w->raced)
        if (k < end) promote(field);
    }
    for (auto& [number, f] : in_order) {
      if (!titles_.insert(f.title).second) continue;
      execution_options o = options_.each;
      o.number = number;
      o.points_estimate = state_.estimate;
      result_.findings.push_back({f, options_.strategy, o, state_.points, state_.known});
    }
  }

  void promote(const std::string& field) {
    auto& all = result_.promoted;
    const auto at = std::lower_bound(all.begin(), all.end(), field);
    if (at == all.end() || *at != field) all.insert(at, field);
  }

  const program& program_;
  const sample_options& options_;
  sample_state state_;
  sample_result& result_;  // state_.result
  workers pool_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<outcome> outcomes_;
  std::set<std::string> titles_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> convicted_ = none;  // lowest number in the slice with a finding
  std::atomic<bool> stop_ = false;
};

}  // namespace

sample_result sample(const program& p, const sample_options& o) {
  return sample(p, o, sample_state());
}

sample_result sample(const program& p, const sample_options& o, sample_state from) {
  CHECK(o.jobs > 0, "sample: no jobs");
  CHECK(from.result.executions <= o.executions_max, "sample: more has been executed than is to be");
  return sampler(p, o, std::move(from)).run();
}

execution_result run_again(engine& e, const program& p, const sampled_finding& f) {
  const std::unique_ptr<strategy> s = make_strategy(f.strategy);
  s->recall(f.known.get());
  e.promote(f.points);
  return e.run(p, *s, f.options);
}

}  // namespace iorace
