// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/sample.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include <xxhash.h>

#include "scheduler/engine/check.h"
#include "scheduler/explore/twice.h"
#include "scheduler/explore/workers.h"

namespace iorace {
namespace {

constexpr std::uint64_t first_batch = 256;
constexpr std::uint64_t largest_batch = 65'536;
constexpr std::uint64_t block = 16;  // executions that a worker takes at a time
constexpr std::uint64_t none = ~std::uint64_t{0};

struct outcome {
  std::uint64_t digest = 0;
  std::uint32_t points = 0;
  std::uint32_t operations = 0;
  ended how = ended::finished;
};

// One worker's engine and what it saw in the current batch.
struct worker {
  engine machine;
  std::unique_ptr<strategy> choose;
  std::map<std::string, finding> first;        // by title
  std::map<std::string, std::uint64_t> raced;  // fields, and the first execution that saw them race
};

class sampler {
 public:
  sampler(const program& p, const sample_options& o) : program_(p), options_(o) {
    promoted_.insert(o.points.begin(), o.points.end());
    for (unsigned i = 0; i < o.jobs; ++i) {
      workers_.push_back(std::make_unique<worker>());
      workers_.back()->choose = make_strategy(o.strategy);
      CHECK(workers_.back()->choose != nullptr, "sample: unknown strategy");
    }
  }

  sample_result run() {
    std::uint64_t size = first_batch;
    while (!over_ && result_.executions < options_.executions_max) {
      run_batch(result_.executions, std::min(size, options_.executions_max - result_.executions));
      size = std::min(size == first_batch ? 2 * first_batch : 2 * size, largest_batch);
    }
    result_.promoted.assign(promoted_.begin(), promoted_.end());
    return std::move(result_);
  }

 private:
  void run_batch(std::uint64_t first, std::uint64_t count) {
    fields_.assign(promoted_.begin(), promoted_.end());
    outcomes_.assign(count, {});
    next_ = 0;
    convicted_ = none;
    for (const auto& w : workers_) {
      w->machine.promote(fields_);
      w->first.clear();
      w->raced.clear();
    }
    if (options_.jobs == 1)
      work(0, first, count);
    else
      run_workers(options_.jobs, [&](unsigned i) { work(i, first, count); });
    std::uint64_t done = std::min<std::uint64_t>(next_, count);
    if (!options_.keep_going && convicted_ != none) done = convicted_ + 1;
    merge(first, done);
  }

  // Takes blocks of the batch until it is used up. A block that was taken is finished, so what has
  // been executed is always a prefix.
  void work(unsigned i, std::uint64_t first, std::uint64_t count) {
    worker& w = *workers_[i];
    execution_options o = options_.each;
    o.points_estimate = longest_;
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
    const execution_result r = options_.twice ? run_twice(w.machine, program_, *w.choose, o, f)
                                              : w.machine.run(program_, *w.choose, o);
    out = {r.digest, r.points, r.operations, r.how};
    for (const engine::late_free& u : w.machine.late_frees())
      w.raced.emplace(w.machine.objects.class_field(u.object, u.field), o.number);
    if (r.how != ended::found) return;
    if (f.kind == verdict::none) f = w.machine.last_finding();
    if (f.kind == verdict::data_race) {
      const step& s = w.machine.steps()[f.at];
      w.raced.emplace(w.machine.objects.class_field(s.object, s.field), o.number);
    }
    w.first.emplace(f.title, f);
    std::uint64_t seen = convicted_;
    while (k < seen && !convicted_.compare_exchange_weak(seen, k)) {
    }
  }

  void merge(std::uint64_t first, std::uint64_t done) {
    for (std::uint64_t k = 0; k < done; ++k) {
      const outcome& out = outcomes_[k];
      result_.points += out.points;
      result_.operations += out.operations;
      result_.cut += out.how == ended::cut;
      result_.step_bound += out.how == ended::step_bound;
      result_.digest = XXH3_64bits_withSeed(&out.digest, sizeof out.digest, result_.digest);
      longest_ = std::max(longest_, out.points);
    }
    result_.executions = first + done;
    merge_findings(first + done);
    over_ = stop_ || (!options_.keep_going && convicted_ != none);
    result_.stopped = stop_;
  }

  void merge_findings(std::uint64_t end) {
    std::map<std::uint64_t, finding> in_order;
    for (const auto& w : workers_) {
      for (const auto& [title, f] : w->first)
        if (f.execution < end) in_order.emplace(f.execution, f);
      for (const auto& [field, k] : w->raced)
        if (k < end) promoted_.insert(field);
    }
    for (auto& [number, f] : in_order) {
      if (!titles_.insert(f.title).second) continue;
      execution_options o = options_.each;
      o.number = number;
      o.points_estimate = estimate_;
      result_.findings.push_back({f, options_.strategy, o, fields_});
    }
    estimate_ = longest_;
  }

  const program& program_;
  const sample_options& options_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<outcome> outcomes_;
  std::vector<std::string> fields_;  // promoted in this batch
  std::set<std::string> promoted_;
  std::set<std::string> titles_;
  std::uint32_t longest_ = 0;
  std::uint32_t estimate_ = 0;  // longest_ as this batch knew it
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> convicted_ = none;  // lowest number in the batch with a finding
  std::atomic<bool> stop_ = false;
  bool over_ = false;
  sample_result result_;
};

}  // namespace

sample_result sample(const program& p, const sample_options& o) {
  CHECK(o.jobs > 0, "sample: no jobs");
  return sampler(p, o).run();
}

execution_result run_again(engine& e, const program& p, const sampled_finding& f) {
  const std::unique_ptr<strategy> s = make_strategy(f.strategy);
  e.promote(f.points);
  return e.run(p, *s, f.options);
}

}  // namespace iorace
