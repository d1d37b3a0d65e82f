// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/race.h"

#include <algorithm>

namespace iorace {

std::uint32_t race_detector::make_rows(unsigned n) {
  const std::uint32_t first = used_;
  used_ += n * stride_;
  if (used_ > pool_.size()) pool_.resize(std::max<std::size_t>(used_, pool_.size() * 2 + 1024));
  std::fill(pool_.begin() + first, pool_.begin() + used_, entry{});
  return first;
}

step_id race_detector::conflict(std::uint32_t row, const clocks& time) const {
  const std::uint32_t* seen = time.now();
  for (unsigned u = 0; u < stride_; ++u)
    if (pool_[row + u].clock > seen[u]) return pool_[row + u].at;
  return no_step;
}

// Concurrent readers have a row between them.
step_id race_detector::unusual_read(history& h, const clocks& time, step_id at) {
  if (h.marked != 0) {
    const step_id other = conflict(h.marked + stride_, time);
    if (other != no_step) return other;
  }
  const epoch e = time.now_epoch();
  const bool alone = h.read == 0 || ((h.read & table_bit) == 0 && time.ordered(h.read));
  if (alone && (e & table_bit) == 0) {
    h.read = e;
    h.read_step = at;
    return no_step;
  }
  constexpr std::uint32_t clock_mask = (1u << epoch_task_shift) - 1;
  if ((h.read & table_bit) == 0) {
    const std::uint32_t row = make_rows(1);
    if (h.read != 0) pool_[row + (h.read >> epoch_task_shift)] = {h.read & clock_mask, h.read_step};
    h.read = row | table_bit;
  }
  pool_[(h.read & ~table_bit) + (e >> epoch_task_shift)] = {e & clock_mask, at};
  return no_step;
}

step_id race_detector::unusual_write(const history& h, const clocks& time) const {
  if ((h.read & table_bit) != 0) {
    const step_id other = conflict(h.read & ~table_bit, time);
    if (other != no_step) return other;
  } else if (h.read != 0 && !time.ordered(h.read)) {
    return h.read_step;
  }
  if (h.marked == 0) return no_step;
  const step_id other = conflict(h.marked, time);
  return other != no_step ? other : conflict(h.marked + stride_, time);
}

step_id race_detector::marked(history& h, const clocks& time, task_id t, step_id at, bool write) {
  if (h.write != 0 && !time.ordered(h.write)) return h.write_step;
  if (write && h.read != 0) {
    if ((h.read & table_bit) != 0) {
      const step_id other = conflict(h.read & ~table_bit, time);
      if (other != no_step) return other;
    } else if (!time.ordered(h.read)) {
      return h.read_step;
    }
  }
  if (h.marked == 0) h.marked = make_rows(2);
  pool_[h.marked + (write ? stride_ : 0) + t] = {time.now()[t], at};
  return no_step;
}

}  // namespace iorace
