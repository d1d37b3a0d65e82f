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

  // Each notes an access by the running task at step `at` and returns the step of an earlier access
  // that it races with, or no_step.
  step_id plain_read(history& h, const clocks& time, step_id at) {
    if (only_read(h, time, at)) return no_step;
    return time.ordered(h.write) ? unusual_read(h, time, at) : h.write_step;
  }
  step_id plain_write(history& h, const clocks& time, step_id at) {
    if (only_write(h, time, at)) return no_step;
    if (!time.ordered(h.write)) return h.write_step;
    const step_id other = unusual_write(h, time);
    if (other != no_step) return other;
    h.write = time.now_epoch();
    h.write_step = at;
    h.read = 0;
    return no_step;
  }
  // What is nearly always so: what was done to the word is ordered, nobody else reads at the same
  // time, and no access is marked. Else each returns false and notes nothing.
  static bool only_read(history& h, const clocks& time, step_id at) {
    const epoch e = time.now_epoch();
    if (!time.ordered(h.write) || h.marked != 0 || ((h.read | e) & table_bit) != 0 ||
        !time.ordered(h.read))
      return false;
    h.read = e;
    h.read_step = at;
    return true;
  }
  static bool only_write(history& h, const clocks& time, step_id at) {
    if (!time.ordered(h.write) || h.marked != 0 || (h.read & table_bit) != 0 ||
        !time.ordered(h.read))
      return false;
    h.write = time.now_epoch();
    h.write_step = at;
    h.read = 0;
    return true;
  }
  step_id marked(history& h, const clocks& time, task_id t, step_id at, bool write);
  // True iff the running task is not ordered after every plain access so far. Notes nothing.
  bool unordered(const history& h, const clocks& time) const {
    if (h.write != 0 && !time.ordered(h.write)) return true;
    if ((h.read & table_bit) != 0) return conflict(h.read & ~table_bit, time) != no_step;
    return h.read != 0 && !time.ordered(h.read);
  }
  // Calls visit(step) for each marked access that is in conflict with one of the running task now,
  // and not ordered before it: the last one of each of the `tasks`.
  template <class Visit>
  void each_unordered(const history& h, const clocks& time, unsigned tasks, bool write,
                      Visit visit) const {
    if (h.marked == 0) return;
    for (unsigned t = 0; t < tasks; ++t) {
      const entry& reads = pool_[h.marked + t];
      const entry& writes = pool_[h.marked + stride_ + t];
      if (writes.clock > time.now()[t]) visit(writes.at);
      if (write && reads.clock > time.now()[t]) visit(reads.at);
    }
  }

 private:
  // A row: per task the clock and the step of its last access.
  struct entry {
    std::uint32_t clock = 0;
    step_id at = no_step;
  };
  // Epochs of tasks below 128 have a clear top bit; a row's index carries it set. Tasks from 128 on
  // therefore always read through rows.
  static constexpr std::uint32_t table_bit = 0x80000000u;

  std::uint32_t make_rows(unsigned n);
  step_id conflict(std::uint32_t row, const clocks& time) const;
  step_id unusual_read(history& h, const clocks& time, step_id at);
  step_id unusual_write(const history& h, const clocks& time) const;

  std::vector<entry> pool_;
  unsigned stride_ = 8;
  std::uint32_t used_ = 8;
};

}  // namespace iorace
