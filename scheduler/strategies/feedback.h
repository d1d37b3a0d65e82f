// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Feedback: a search that learns from what its executions have shown. After Wolff, Shi, Duck,
// Mathur and Roychoudhury, "Greybox fuzzing for concurrency testing" (RFF), ASPLOS 2024.
//
// Coverage is the set of pairs of reads_from.h. An abstract schedule is a set of constraints, "this
// site reads from that one" or "does not", and the seed of all else. It is followed by POS with
// tiers: a task whose pending operation serves a constraint goes before others, one whose operation
// would break it stays behind, as long as there is anybody else. A schedule that shows a new pair
// is kept; the next one is a kept one, mutated: a constraint inserted, exchanged, negated, deleted,
// or a new seed. Which is chosen is a power schedule after AFLFast, see corpus.cc.
//
// Where it differs: constraints aim at pairs that are conceivable and were not seen, those tried
// least first; locks are read and written, too; what is learnt waits for the end of a batch; a site
// is what a task has done and not a line of code, so that no names are needed.
#pragma once

#include <array>

#include "scheduler/strategies/knowledge.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class feedback final : public strategy {
 public:
  void recall(const knowledge* known) override { known_ = known; }
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;
  bool report(lesson& to, ended how) const override;

 private:
  void arrive(task_id t);
  unsigned tier(task_id t) const;
  void execute(task_id t);
  void note(const site_event& e, const site_pair& p);

  const knowledge* known_ = nullptr;
  corpus::proposal now_;
  unsigned open_ = 0;                      // bit i: constraint i is neither met nor given up
  std::array<std::uint8_t, 256> about_{};  // by task: the constraints at the place it has come to
  std::uint32_t patience_ = 0;
  rng rng_{0};
  std::array<std::uint64_t, 256> priority_{};
  unsigned met_ = 1;  // tasks below have a priority
  task_id last_ = no_task;
  pending_op executed_{};
  reads_from reads_;
  scratch_map<bool> seen_{13};  // sites and pairs of this execution
  std::uint64_t path_ = 0;
  std::vector<site_event> new_sites_;
  std::vector<site_pair> new_pairs_;
};

}  // namespace iorace
