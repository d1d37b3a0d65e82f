// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a point costs, and on what that depends: on the length of an execution it should not, nor on
// how many there were before; with tasks only the look at who is enabled and the join of clocks
// grow. Each operation is a point.
#include <benchmark/benchmark.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/sample_state.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/mutex.h"

namespace iorace {
namespace {

struct counter {
  mutex lock;
  shared<int> v;
  atomic_t total;
};
IORACE_DESCRIBE(counter, "counter", lock, v, total);

constexpr int operations_per_round = 5;

program counting(int tasks, int rounds) {
  program p;
  p.same_setup = true;
  p.setup = [] {
    auto* c = make<counter>();
    mutex_init(&c->lock);
    return static_cast<void*>(c);
  };
  for (int t = 0; t < tasks; ++t)
    p.cpu([rounds](void* world) {
      auto* c = static_cast<counter*>(world);
      for (int k = 0; k < rounds; ++k) {
        mutex_lock(&c->lock);
        const int v = READ_ONCE(c->v);
        WRITE_ONCE(c->v, v + 1);
        mutex_unlock(&c->lock);
        atomic_inc(&c->total);
      }
    });
  return p;
}

void measure(benchmark::State& state, int tasks, int rounds, const char* strategy_name) {
  const program p = counting(tasks, rounds);
  const auto choose = make_strategy(strategy_name);
  engine e;
  execution_options o;
  o.reuse_setup = true;
  o.points_max = 1'000'000;
  std::uint64_t points = 0;
  for (auto _ : state) {
    const execution_result r = e.run(p, *choose, o);
    CHECK(r.how == ended::finished, "bench: a correct program has a finding");
    points += r.points;
    o.points_estimate = r.points;
    ++o.number;
  }
  // In seconds: 42n is 42 nanoseconds.
  state.counters["per_point"] = benchmark::Counter(
      static_cast<double>(points), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["points"] = static_cast<double>(points) / static_cast<double>(o.number);
}

void by_length(benchmark::State& state, const char* strategy) {
  measure(state, 2, static_cast<int>(state.range(0)) / (2 * operations_per_round), strategy);
}
void by_tasks(benchmark::State& state, const char* strategy) {
  measure(state, static_cast<int>(state.range(0)), 10, strategy);
}
#define LENGTHS ArgName("operations")->RangeMultiplier(10)->Range(10, 10'000)
#define TASKS ArgName("tasks")->DenseRange(2, 10, 2)->Arg(16)->Arg(32)->Arg(64)->Arg(100)
BENCHMARK_CAPTURE(by_length, random, "random")->LENGTHS;
BENCHMARK_CAPTURE(by_length, pct, "pct:3")->LENGTHS;
BENCHMARK_CAPTURE(by_length, portfolio, "portfolio")->LENGTHS;
BENCHMARK_CAPTURE(by_tasks, random, "random")->TASKS;
BENCHMARK_CAPTURE(by_tasks, pct, "pct:3")->TASKS;
BENCHMARK_CAPTURE(by_tasks, pos, "pos")->TASKS;

// A run that has made so many executions makes 200,000 more.
void by_executions(benchmark::State& state) {
  constexpr std::uint64_t more = 200'000;
  const program p = counting(2, 10);
  sample_options o;
  sample_state reached;
  o.executions_max = static_cast<std::uint64_t>(state.range(0));
  o.checkpoint = [&](const sample_state& s) {
    if (s.result.executions == o.executions_max) reached = s;
  };
  sample(p, o);
  o.checkpoint = nullptr;
  o.executions_max += more;
  std::uint64_t points = 0;
  for (auto _ : state) {
    state.PauseTiming();
    sample_state from = reached;
    state.ResumeTiming();
    points += sample(p, o, std::move(from)).points - reached.result.points;
  }
  state.counters["per_point"] = benchmark::Counter(
      static_cast<double>(points), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(by_executions)
    ->ArgName("executions")
    ->RangeMultiplier(10)
    ->Range(1000, 1'000'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace iorace
