// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/race.h"

#include <algorithm>

namespace iorace {

// Epochs of tasks below 128 have a clear top bit; a row's index carries it set. Tasks from 128 on
// therefore always read through rows.
namespace {
constexpr task_id epoch_tasks = 128;
}

std::uint32_t race_detector::make_rows(unsigned n) {
  const std::uint32_t first = used_;
  used_ += n * stride_;
  if (used_ > pool_.size()) pool_.resize(std::max<std::size_t>(used_, pool_.size() * 2 + 1024));
  std::fill(pool_.begin() + first, pool_.begin() + used_, entry{});
  return first;
}

step_id race_detector::conflict(std::uint32_t row, const clocks& time, task_id t) const {
  const std::uint32_t* seen = time.row_of(t);
  for (unsigned u = 0; u < stride_; ++u)
    if (pool_[row + u].clock > seen[u]) return pool_[row + u].at;
  return no_step;
}

void race_detector::note_read(cell& c, const clocks& time, task_id t, step_id at) {
  const std::uint32_t clock = time.row_of(t)[t];
  if ((c.read & table_bit) != 0) {
    pool_[(c.read & ~table_bit) + t] = {clock, at};
    return;
  }
  if (t < epoch_tasks && (c.read == 0 || time.ordered(c.read, t))) {
    c.read = time.epoch_of(t);
    c.read_step = at;
    return;
  }
  const std::uint32_t row = make_rows(1);
  if (c.read != 0)
    pool_[row + (c.read >> epoch_task_shift)] = {c.read & ((1u << epoch_task_shift) - 1),
                                                 c.read_step};
  pool_[row + t] = {clock, at};
  c.read = row | table_bit;
}

step_id race_detector::plain_read(cell& c, const clocks& time, task_id t, step_id at) {
  if (c.write != 0 && !time.ordered(c.write, t)) return c.write_step;
  if (c.marked != 0) {
    const step_id other = conflict(c.marked + stride_, time, t);
    if (other != no_step) return other;
  }
  note_read(c, time, t, at);
  return no_step;
}

step_id race_detector::plain_write(cell& c, const clocks& time, task_id t, step_id at) {
  if (c.write != 0 && !time.ordered(c.write, t)) return c.write_step;
  if ((c.read & table_bit) != 0) {
    const step_id other = conflict(c.read & ~table_bit, time, t);
    if (other != no_step) return other;
  } else if (c.read != 0 && !time.ordered(c.read, t)) {
    return c.read_step;
  }
  if (c.marked != 0)
    for (unsigned half = 0; half < 2; ++half) {
      const step_id other = conflict(c.marked + half * stride_, time, t);
      if (other != no_step) return other;
    }
  c.write = time.epoch_of(t);
  c.write_step = at;
  c.read = 0;
  return no_step;
}

bool race_detector::unordered(const cell& c, const clocks& time, task_id t) const {
  if (c.write != 0 && !time.ordered(c.write, t)) return true;
  if ((c.read & table_bit) != 0) return conflict(c.read & ~table_bit, time, t) != no_step;
  return c.read != 0 && !time.ordered(c.read, t);
}

step_id race_detector::marked(cell& c, const clocks& time, task_id t, step_id at, bool write) {
  if (c.write != 0 && !time.ordered(c.write, t)) return c.write_step;
  if (write && c.read != 0) {
    if ((c.read & table_bit) != 0) {
      const step_id other = conflict(c.read & ~table_bit, time, t);
      if (other != no_step) return other;
    } else if (!time.ordered(c.read, t)) {
      return c.read_step;
    }
  }
  if (c.marked == 0) c.marked = make_rows(2);
  pool_[c.marked + (write ? stride_ : 0) + t] = {time.row_of(t)[t], at};
  return no_step;
}

}  // namespace iorace
