// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// POS: Yuan, Yang and Gu, "Partial order aware concurrency sampling", CAV 2018. Every pending
// operation has a random priority and the highest enabled one is executed; then the operation that
// its task comes to, and every pending operation that depends on the executed one, draw anew. That
// spreads the executions over partial orders and not over interleavings, many of which are equal.
// Follows the paper; operations depend as the event table says, blocked ones included.
#pragma once

#include <array>
#include <cstdint>

#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class pos final : public strategy {
 public:
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  rng rng_{0};
  std::array<std::uint64_t, 256> priority_{};
  unsigned known_ = 1;  // tasks below have a priority
  task_id last_ = no_task;
  pending_op executed_{};  // what last_ executed
};

}  // namespace iorace
