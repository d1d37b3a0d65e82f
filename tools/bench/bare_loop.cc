// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a point costs at least: two tasks, K times lock / v++ / unlock each, by a scheduler that can
// do nothing else. Operations are declared, the choice is random, epochs and clocks are compared
// and joined, eight bytes are recorded. To be measured in one run with lock_add_unlock.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/fiber.h"
#include "scheduler/strategies/rng.h"

namespace iorace {
namespace {

constexpr unsigned tasks = 2;

class bare_loop {
 public:
  void run(std::uint64_t seed, int times) {
    random_.start(seed);
    times_ = times;
    count_ = v_ = 0;
    wrote_ = read_ = {};
    released_ = {};
    enabled_ = unfinished_ = (1u << tasks) - 1;
    for (unsigned t = 0; t < tasks; ++t) {
      waits_[t] = false;
      clocks_[t] = {};
      clocks_[t][t] = 1;
      fibers_[t].prepare(body, this, 64 << 10);
    }
    self_ = choose();
    main_.adopt_thread();
    fiber::jump(main_, fibers_[self_], false);
    CHECK(v_ == tasks * static_cast<unsigned>(times) && races_ == 0, "bench: a loop that is wrong");
  }
  std::uint64_t points() const { return points_; }

 private:
  struct access {
    unsigned task = 0;
    std::uint32_t clock = 0;
  };
  using vector_clock = std::array<std::uint32_t, tasks>;
  enum operation : std::uint8_t { lock_, unlock_, read_v, write_v };

  static fiber* body(void* loop) { return static_cast<bare_loop*>(loop)->work(); }
  fiber* work() {
    for (int k = 0; k < times_; ++k) {
      lock();
      const std::uint32_t v = read();
      write(v + 1);
      unlock();
    }
    unfinished_ &= ~(1u << self_);
    enabled_ &= unfinished_;
    if (unfinished_ == 0) return &main_;
    self_ = choose();
    return &fibers_[self_];
  }

  unsigned choose() {
    ++points_;
    const bool several = !std::has_single_bit(enabled_);
    const unsigned left = several && random_.below(2) != 0 ? enabled_ & (enabled_ - 1) : enabled_;
    return static_cast<unsigned>(std::countr_zero(left));
  }
  void stop(operation o) {
    pending_[self_] = o;
    const unsigned next = choose();
    if (next == self_) return;
    fiber& from = fibers_[self_];
    self_ = next;
    fiber::jump(from, fibers_[next], false);
  }
  void record(std::uint32_t value) {
    steps_[count_++ % steps_.size()] =
        std::uint64_t{value} << 32 | self_ << 8 | static_cast<unsigned>(pending_[self_]);
  }
  void ask_waiters(bool free) {
    for (unsigned t = 0; t < tasks; ++t)
      if (waits_[t]) enabled_ = free ? enabled_ | 1u << t : enabled_ & ~(1u << t);
  }
  static void join(vector_clock& into, const vector_clock& from) {
    for (unsigned t = 0; t < tasks; ++t) into[t] = std::max(into[t], from[t]);
  }
  void order(const access& a) { races_ += a.clock > clocks_[self_][a.task]; }

  void lock() {
    waits_[self_] = true;
    if (held_) enabled_ &= ~(1u << self_);
    stop(lock_);
    waits_[self_] = false;
    held_ = true;
    record(1);
    join(clocks_[self_], released_);
    ask_waiters(false);
  }
  void unlock() {
    stop(unlock_);
    held_ = false;
    record(0);
    join(released_, clocks_[self_]);
    ++clocks_[self_][self_];
    ask_waiters(true);
  }
  std::uint32_t read() {
    stop(read_v);
    order(wrote_);
    read_ = {self_, clocks_[self_][self_]};
    record(v_);
    return v_;
  }
  void write(std::uint32_t v) {
    stop(write_v);
    order(wrote_);
    order(read_);
    wrote_ = {self_, clocks_[self_][self_]};
    record(v);
    v_ = v;
  }

  fiber main_;
  std::array<fiber, tasks> fibers_;
  std::array<operation, tasks> pending_{};
  std::array<bool, tasks> waits_{};
  std::array<vector_clock, tasks> clocks_{};
  vector_clock released_{};
  access wrote_, read_;
  std::array<std::uint64_t, 4096> steps_{};
  unsigned self_ = 0, enabled_ = 0, unfinished_ = 0, count_ = 0;
  bool held_ = false;
  std::uint32_t v_ = 0;
  int times_ = 0;
  rng random_{0};
  std::uint64_t points_ = 0, races_ = 0;
};

void bare(benchmark::State& state) {
  bare_loop loop;
  std::uint64_t executions = 0;
  for (auto _ : state) loop.run(executions++, static_cast<int>(state.range(0)));
  using benchmark::Counter;
  state.counters["points/s"] = Counter(static_cast<double>(loop.points()), Counter::kIsRate);
  state.counters["executions/s"] = Counter(static_cast<double>(executions), Counter::kIsRate);
}
BENCHMARK(bare)->ArgName("K")->Arg(2)->Arg(10);

}  // namespace
}  // namespace iorace
