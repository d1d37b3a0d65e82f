// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Built-in programs through the model, every detector and invariant on: what `iorace run` costs
// without its report.
#include <benchmark/benchmark.h>

#include "fuzz/bind.h"
#include "fuzz/subject.h"
#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"

namespace iorace {
namespace {

void scenario(benchmark::State& state, const char* name, const char* strategy_name) {
  const auto found = built_in(name, {}, kernel_schema());
  CHECK(found.has_value(), "bench: no such scenario");
  const bound_program bound(found->trace.program, kernel_schema());
  const auto choose = make_strategy(strategy_name);
  engine e;
  execution_options o;
  o.reuse_setup = true;
  std::uint64_t points = 0, operations = 0;
  for (auto _ : state) {
    const execution_result r = e.run(bound.runnable(), *choose, o);
    points += r.points;
    operations += r.operations;
    o.points_estimate = std::max(o.points_estimate, r.points);
    ++o.number;
  }
  const auto rate = [](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.counters["points/s"] = rate(points);
  state.counters["operations/s"] = rate(operations);
  state.counters["executions/s"] = rate(o.number);
}
BENCHMARK_CAPTURE(scenario, access_pin_unmap / random, "access_pin_unmap", "random");
BENCHMARK_CAPTURE(scenario, access_pin_unmap / pct, "access_pin_unmap", "pct:3");
BENCHMARK_CAPTURE(scenario, access_pin_unmap / pos, "access_pin_unmap", "pos");

}  // namespace
}  // namespace iorace
