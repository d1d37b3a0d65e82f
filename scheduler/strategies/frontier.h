// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Frontier: first return, then explore. After Ecoffet, Huizinga, Lehman, Stanley and Clune, "First
// return, then explore" (Go-Explore), Nature 590, 2021.
//
// Where an execution can come to is told by the pairs of reads_from.h, with every task's sites its
// own. For each pair the shortest known beginning of an execution that shows it is kept. An
// execution follows one of those that were followed least, to its end or to some point before, and
// goes on by itself: as a random walk, or mostly staying with one task. So what needs many steps in
// one order, each of them a new pair, is not looked for all at once.
#pragma once

#include <array>

#include "scheduler/strategies/knowledge.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class frontier final : public strategy {
 public:
  frontier();
  void recall(const knowledge* known) override { known_ = known; }
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;
  bool report(lesson& to, ended how) const override;

 private:
  void set_out();
  task_id choose(const choice_view& view);
  void note(std::uint32_t point, task_id t);

  const knowledge* known_ = nullptr;
  const way* path_ = nullptr;  // that is followed
  std::size_t until_ = 0;      // which point
  bool steady_ = false;        // how it goes on then
  rng rng_{0}, draws_{0};      // draws are those of the way, whoever is picked behind its end
  std::array<std::uint64_t, 256> priority_{};
  unsigned met_ = 1;  // tasks below have a priority
  task_id last_ = no_task;
  reads_from reads_{true};
  scratch_map<bool> seen_{13};  // pairs of this execution
  way_lesson learnt_;
};

}  // namespace iorace
