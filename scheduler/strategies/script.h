// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Script: repeats an execution of which it is known who moved at each point and which numbers were
// drawn. Where the script ends, tasks run on, and every answer is the dull one.
#pragma once

#include <cstddef>
#include <span>

#include "scheduler/strategies/strategy.h"

namespace iorace {

class script final : public strategy {
 public:
  // What both point to must outlive the strategy. Requires: the execution is of the program that
  // they come from; whoever is to move is enabled.
  script(std::span<const task_id> picks, std::span<const std::uint32_t> numbers)
      : picks_(picks), numbers_(numbers) {}

  void begin(const execution_options&) override { moved_ = drawn_ = 0; }
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  std::span<const task_id> picks_;
  std::span<const std::uint32_t> numbers_;
  std::size_t moved_ = 0, drawn_ = 0;
};

}  // namespace iorace
