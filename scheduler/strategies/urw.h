// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// URW, the uniform random walk: Zhao et al., "Selectively uniform concurrency testing", ASPLOS
// 2025. The next task is drawn in proportion to the operations that it and the tasks that it has
// yet to create will still make. Where no task ever blocks and the numbers are right, every
// interleaving is equally likely; a plain random walk is drawn to those that end short tasks early.
// Where it differs: the numbers are averages over the executions of earlier batches and not one
// profiling run. Without any, it is a random walk.
#pragma once

#include <array>

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/knowledge.h"

namespace iorace {

class urw final : public strategy {
 public:
  void recall(const knowledge* known) override { known_ = known; }
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;
  bool report(lesson& to, ended how) const override;

 private:
  void meet(task_id creator);

  const knowledge* known_ = nullptr;
  rng rng_{0};
  lineage tasks_;
  std::array<std::uint32_t, 256> left_{};  // operations, in units of profile::unit
  task_id last_ = 0;
  event_counter counter_;
};

}  // namespace iorace
