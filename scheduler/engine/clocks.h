// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Vector clocks: one row per task and one per synchronisation object that was ever released. Rows
// have a fixed stride for an execution; joining two costs one pass over it. Nothing is allocated
// once the pool has grown to what a program needs.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "scheduler/engine/arena.h"
#include "scheduler/engine/check.h"
#include "scheduler/engine/lanes.h"

namespace iorace {

class clocks {
 public:
  // Begins an execution of at most `tasks` tasks.
  void reset(unsigned tasks) {
    stride_ = (tasks + 7) & ~7u;
    used_ = stride_ * (tasks + 1);
    if (pool_.size() < used_ + 64 * stride_) pool_.resize(used_ + 256 * stride_);
  }
  // Task `t`, the last so far, exists from now on, at clock 1. Joins look at no others.
  void start(task_id t) {
    std::uint32_t* const row = row_of(t);
    clear(row);
    row[t] = 1;
    width_ = t + 1u;
  }
  // Task `t` runs from now on: its row is `now()`.
  void become(task_id t) {
    running_ = t;
    now_ = row_of(t);
    now_epoch_ = static_cast<epoch>(t) << epoch_task_shift | now_[t];
  }
  const std::uint32_t* now() const { return now_; }
  epoch now_epoch() const { return now_epoch_; }
  unsigned stride() const { return stride_; }

  std::uint32_t* row_of(task_id t) { return pool_.data() + (t + 1u) * stride_; }
  const std::uint32_t* row_of(task_id t) const { return pool_.data() + (t + 1u) * stride_; }
  std::uint32_t* row(std::uint32_t index) { return pool_.data() + index; }

  // Returns the index of a new row of zeros. May move all rows.
  std::uint32_t make_row() {
    if (used_ + stride_ > pool_.size()) {
      pool_.resize(pool_.size() * 2);
      now_ = row_of(running_);
    }
    clear(row(used_));
    used_ += stride_;
    return used_ - stride_;
  }

  // Returns true iff the access `e` happens before what the running task does now; so does "never".
  bool ordered(epoch e) const {
    return (e & ((1u << epoch_task_shift) - 1)) <= now_[e >> epoch_task_shift];
  }
  // Four at a time; rows are as long as a multiple of that. Clocks stay below 2^24, so that signed
  // comparison, which every x86-64 has, will do.
  void join(std::uint32_t* into, const std::uint32_t* from) const {
    raise_to<std::int32_t>(into, from, width_);
  }
  // The running task's row takes over the row `index`; the other way round.
  void join_now(std::uint32_t index) { join(now_, row(index)); }
  void join_to(std::uint32_t index) { join(row(index), now_); }
  void tick() {
    CHECK(++now_[running_] < 1u << epoch_task_shift, "a task's clock ran out");
    ++now_epoch_;
  }

 private:
  // Eight at a time; see stride_.
  void clear(std::uint32_t* row) const {
    for (unsigned i = 0; i < stride_; i += 8) std::memset(row + i, 0, 8 * sizeof *row);
  }

  std::vector<std::uint32_t> pool_;  // row 0 is unused, so that index 0 means "no row"
  std::uint32_t* now_ = nullptr;
  epoch now_epoch_ = 0;
  task_id running_ = 0;
  unsigned stride_ = 8;
  unsigned width_ = 8;
  std::uint32_t used_ = 0;
};

}  // namespace iorace
