// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// PCT: Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
// guarantees of finding bugs", ASPLOS 2010. Tasks get distinct random priorities and the highest
// enabled one runs; at d - 1 random points the task about to run falls below all the others. With n
// tasks and k points a bug of depth d is found with probability at least 1 / (n * k^(d-1)).
//
// Where it differs:
//  - k is the longest execution of the batches before (execution_options::points_estimate), the
//    same for every --jobs; in the first batch, which is one execution, see draw.h.
//  - A task that runs for too many points in a row while others could falls below everything, so
//    that one that retries for ever does not starve the task it waits for. `pct` lets it have 1000,
//    the fair variant 50: it is for programs that spin.
#pragma once

#include <array>
#include <cstdint>

#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class pct final : public strategy {
 public:
  static constexpr unsigned depth_max = 16, depth_usual = 3;
  static constexpr unsigned patient = 1000, fair = 50;
  // `depth` is the paper's d: one more than the number of change points. Requires: 1 <= depth
  // <= 16.
  explicit pct(unsigned depth, unsigned in_a_row_max = patient);
  // Returns the depth of the strategy called "pct" or "pct:depth", 0 for any other.
  static unsigned depth_of(std::string_view name);

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  task_id highest(const choice_view& view);
  void demote(task_id task) {
    priority_[task] = --lowest_;
    judged_ = 0;
  }

  const unsigned depth_;
  const unsigned in_a_row_max_;
  rng rng_{0};
  // Invariants: priorities of known tasks are distinct; initial ones have the top bit set, those of
  // demoted tasks do not and fall from one demotion to the next.
  std::array<std::uint64_t, 256> priority_{};
  std::uint64_t lowest_ = 0;
  unsigned known_ = 1;                             // tasks below have a priority
  std::array<std::uint32_t, depth_max> change_{};  // points, ascending
  unsigned changed_ = 0;                           // how many of them lie behind
  task_id last_ = no_task;
  unsigned in_a_row_ = 0;
  // The first 64 tasks that were enabled when their highest was `highest_`, if there were no others
  // and no priority has changed since.
  std::uint64_t judged_ = 0;
  task_id highest_ = no_task;
};

}  // namespace iorace
