// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The scheduler alone: T tasks, K times lock / v++ / unlock each. Lock, unlock, the read and the
// write of v are a point each (v is promoted); strategy random; race detection, the record of steps
// and the digest are on, as always.
#include <benchmark/benchmark.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/sync/mutex.h"

namespace iorace {
namespace {

struct counter {
  mutex lock;
  shared<int> v;
};
IORACE_DESCRIBE(counter, "counter", lock, v);

program counting(int tasks, int times) {
  program p;
  p.same_setup = true;
  p.setup = [] {
    auto* c = make<counter>();
    mutex_init(&c->lock);
    return static_cast<void*>(c);
  };
  for (int t = 0; t < tasks; ++t)
    p.cpu([times](void* world) {
      auto* c = static_cast<counter*>(world);
      for (int k = 0; k < times; ++k) {
        mutex_lock(&c->lock);
        c->v++;
        mutex_unlock(&c->lock);
      }
    });
  return p;
}

void lock_add_unlock(benchmark::State& state) {
  const auto tasks = static_cast<int>(state.range(0)), times = static_cast<int>(state.range(1));
  const program p = counting(tasks, times);
  const std::string v = "counter.v";
  const auto random = make_strategy("random");
  engine e;
  e.promote({&v, 1});
  execution_options o;
  o.reuse_setup = true;
  std::uint64_t points = 0;
  for (auto _ : state) {
    const execution_result r = e.run(p, *random, o);
    CHECK(r.how == ended::finished, "bench: a correct program has a finding");
    points += r.points;
    ++o.number;
  }
  state.counters["points/s"] =
      benchmark::Counter(static_cast<double>(points), benchmark::Counter::kIsRate);
  state.counters["executions/s"] =
      benchmark::Counter(static_cast<double>(o.number), benchmark::Counter::kIsRate);
  state.counters["points"] = static_cast<double>(points) / static_cast<double>(o.number);
}
BENCHMARK(lock_add_unlock)->ArgNames({"T", "K"})->ArgsProduct({{2, 3}, {2, 10}});

}  // namespace
}  // namespace iorace
