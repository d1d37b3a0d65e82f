// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// SURW, the selectively uniform random walk: Zhao et al., "Selectively uniform concurrency
// testing", ASPLOS 2025. Of each execution only the operations at one place are interesting, a
// place drawn from those that several tasks go to and one of them writes. The order of these is
// drawn uniformly: one task is meant to make the next, drawn in proportion to those that it and the
// tasks that it has yet to create will still make; others that come to one are parked. All else is
// a random walk.
// Where it differs: the numbers are averages over the executions of earlier batches and not one
// profiling run (without any, it is a random walk), but a task that has come to such an operation
// counts at least that one; places that are only touched under a lock, and locks of tasks that are
// all alike, are seldom drawn; and from execution 2048 on, where one place has had its chance,
// fifteen of sixteen executions draw two whole members, arrays included. What these two make tasks
// do, such as trying again, is counted apart from all other executions.
#pragma once

#include <array>

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"
#include "scheduler/strategies/knowledge.h"

namespace iorace {

class surw final : public strategy {
 public:
  void recall(const knowledge* known) override { known_ = known; }
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;
  bool report(lesson& to, ended how) const override;

 private:
  void draw_places(std::uint64_t number);
  std::uint32_t weight(task_id t) const;
  void meet(task_id creator);
  void end_of(task_id t);
  void look(const choice_view& view, task_id t);
  void intend(const choice_view& view);
  task_id unparked(const choice_view& view);
  void execute(const choice_view& view, task_id t);

  const knowledge* known_ = nullptr;
  rng rng_{0};
  lineage tasks_;
  static constexpr std::uint64_t deep = 2048;
  std::array<std::uint64_t, 2> places_{};  // the interesting ones; 0: none
  std::uint64_t set_ = 0;  // what executions with two whole members are counted by; 0: a place
  std::array<std::uint32_t, 256> left_{};  // interesting operations, in units of profile::unit
  task_set interesting_;                   // whose pending operation is
  task_id intended_ = no_task;
  task_id last_ = 0;
  event_counter counter_;
};

}  // namespace iorace
