// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Round-robin: tasks take turns of equal length, in the order of their numbers. Nothing is drawn:
// execution N of a run gives turns of 1 + N % 64 points and begins with task 1 + N % tasks. It is
// the baseline that any other strategy has to beat, and the mildest: no choice but the dull one.
#pragma once

#include <cstdint>

#include "scheduler/strategies/strategy.h"

namespace iorace {

class round_robin final : public strategy {
 public:
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  std::uint64_t number_ = 0;
  unsigned turn_ = 1;  // points per turn
  unsigned left_ = 0;  // of the current turn
  task_id last_ = no_task;
};

}  // namespace iorace
