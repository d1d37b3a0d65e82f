// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The exhaustive search: complete searches of programs whose numbers of traces are known, traces
// per second of CPU time. Race detection, the record of steps and the digest are on, as always.
#include <benchmark/benchmark.h>

#include "scheduler/engine/check.h"
#include "scheduler/explore/counted_programs_test.h"
#include "scheduler/explore/verify.h"

namespace iorace {
namespace {

void search(benchmark::State& state, const program& p, std::uint64_t expected) {
  std::uint64_t traces = 0;
  for (auto _ : state) {
    const verify_result all = verify(p, {});
    CHECK(all.complete && all.executions == expected, "bench: the number of traces is known");
    traces += all.traces;
  }
  state.counters["traces"] = static_cast<double>(expected);
  state.counters["traces/s"] =
      benchmark::Counter(static_cast<double>(traces), benchmark::Counter::kIsRate);
}

void readers(benchmark::State& s) { search(s, counted::readers(18), 262'144); }
void last_zero(benchmark::State& s) { search(s, counted::last_zero(15), 147'456); }
void writers(benchmark::State& s) { search(s, counted::writers(8), 40'320); }
void sections(benchmark::State& s) { search(s, counted::sections(3, 4), 34'650); }
void filesystem(benchmark::State& s) { search(s, counted::filesystem(22), 512); }
void fib_bench(benchmark::State& s) { search(s, counted::fib_bench(4), 19'605); }

BENCHMARK(readers)->Unit(benchmark::kMillisecond);
BENCHMARK(last_zero)->Unit(benchmark::kMillisecond);
BENCHMARK(writers)->Unit(benchmark::kMillisecond);
BENCHMARK(sections)->Unit(benchmark::kMillisecond);
BENCHMARK(filesystem)->Unit(benchmark::kMillisecond);
BENCHMARK(fib_bench)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace iorace
