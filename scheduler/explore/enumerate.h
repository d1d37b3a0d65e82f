// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The brute-force enumerator: every interleaving and every drawn number of a small program, depth
// first, by running it again from the start for each. It is what cleverer searches are tested
// against: no reduction, no heuristics. Two interleavings are one trace (after Mazurkiewicz) iff
// they differ in the order of independent operations only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "scheduler/engine/engine.h"

namespace iorace {

struct enumerate_options {
  execution_options each;                       // seed and number are ignored
  std::uint64_t interleavings_max = 1'000'000;  // then the result is not complete
  std::vector<std::string> points = {};         // fields promoted from the beginning
  // Only interleavings with at most so many preemptions: switches away from a task whose next
  // operation is enabled.
  std::optional<unsigned> preemptions = {};
  // Called after each execution, with the engine that holds it.
  std::function<void(const engine&)> seen = nullptr;
};

struct enumeration {
  struct count {
    std::uint64_t interleavings = 0;
    std::uint64_t traces = 0;
  };
  std::map<std::string, count> outcomes;
  std::uint64_t interleavings = 0;
  std::uint64_t traces = 0;
  bool complete = true;
};

// Runs all executions of `p` on `e`, whose promotions it replaces. `outcome` is called after each
// one that comes to its end, in the place of p.check and under its rules; other executions count
// under the name of their verdict, or as "cut" or "step-bound". Not to be called from a task.
enumeration enumerate(engine& e, const program& p,
                      const std::function<std::string(void* world)>& outcome,
                      const enumerate_options& o = {});

}  // namespace iorace
