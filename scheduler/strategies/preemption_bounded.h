// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Preemption-bounded random search, `pb:N`, after Musuvathi and Qadeer, "Iterative context bounding
// for systematic testing of multithreaded programs", PLDI 2007: the running task goes on until it
// blocks or ends, then any enabled one is drawn; at N points drawn beforehand it is preempted
// though it could go on. Most bugs want two at most, and executions with few are easy to read.
// The points are drawn from the longest execution of the batches before; in the first batch
// log-uniformly, see draw.h.
#pragma once

#include <array>

#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class preemption_bounded final : public strategy {
 public:
  static constexpr unsigned bound_max = 16;
  // Requires: bound <= bound_max.
  explicit preemption_bounded(unsigned bound) : bound_(bound) {}

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  const unsigned bound_;
  rng rng_{0};
  std::array<std::uint32_t, bound_max> at_{};  // points, ascending
  unsigned done_ = 0;                          // how many of them lie behind
};

}  // namespace iorace
