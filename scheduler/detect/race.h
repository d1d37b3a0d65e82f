// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Data races by happens-before, after FastTrack (Flanagan and Freund, PLDI 2009) with the kernel's
// distinction of plain and marked accesses (KCSAN): plain against anything conflicting races unless
// ordered; marked against marked never does. Epochs where one access suffices, a row per task where
// concurrent readers or marked accesses make it necessary. No allocation once the rows' pool has
// grown.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/engine/arena.h"
#include "scheduler/engine/clocks.h"

namespace iorace {

class race_detector {
 public:
  void reset(unsigned stride) {
    stride_ = stride;
    used_ = stride;
  }

  // Each notes an access by task `t` at step `at` and returns the step of an earlier access that it
  // races with, or no_step.
  step_id plain_read(history& h, const clocks& time, task_id t, step_id at);
  step_id plain_write(history& h, const clocks& time, task_id t, step_id at);
  step_id marked(history& h, const clocks& time, task_id t, step_id at, bool write);
  // True iff task `t` is not ordered after every plain access so far. Notes nothing.
  bool unordered(const history& h, const clocks& time, task_id t) const;

 private:
  // A row: per task the clock and the step of its last access.
  struct entry {
    std::uint32_t clock = 0;
    step_id at = no_step;
  };
  static constexpr std::uint32_t table_bit = 0x80000000u;

  std::uint32_t make_rows(unsigned n);
  step_id conflict(std::uint32_t row, const clocks& time, task_id t) const;
  void note_read(history& h, const clocks& time, task_id t, step_id at);

  std::vector<entry> pool_;
  unsigned stride_ = 8;
  std::uint32_t used_ = 8;
};

}  // namespace iorace
