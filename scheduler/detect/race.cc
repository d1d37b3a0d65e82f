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

void race_detector::note_read(history& h, const clocks& time, task_id t, step_id at) {
  const std::uint32_t clock = time.row_of(t)[t];
  if ((h.read & table_bit) != 0) {
    pool_[(h.read & ~table_bit) + t] = {clock, at};
    return;
  }
  if (t < epoch_tasks && (h.read == 0 || time.ordered(h.read, t))) {
    h.read = time.epoch_of(t);
    h.read_step = at;
    return;
  }
  const std::uint32_t row = make_rows(1);
  if (h.read != 0)
    pool_[row + (h.read >> epoch_task_shift)] = {h.read & ((1u << epoch_task_shift) - 1),
                                                 h.read_step};
  pool_[row + t] = {clock, at};
  h.read = row | table_bit;
}

step_id race_detector::plain_read(history& h, const clocks& time, task_id t, step_id at) {
  if (h.write != 0 && !time.ordered(h.write, t)) return h.write_step;
  if (h.marked != 0) {
    const step_id other = conflict(h.marked + stride_, time, t);
    if (other != no_step) return other;
  }
  note_read(h, time, t, at);
  return no_step;
}

step_id race_detector::plain_write(history& h, const clocks& time, task_id t, step_id at) {
  if (h.write != 0 && !time.ordered(h.write, t)) return h.write_step;
  if ((h.read & table_bit) != 0) {
    const step_id other = conflict(h.read & ~table_bit, time, t);
    if (other != no_step) return other;
  } else if (h.read != 0 && !time.ordered(h.read, t)) {
    return h.read_step;
  }
  if (h.marked != 0)
    for (unsigned half = 0; half < 2; ++half) {
      const step_id other = conflict(h.marked + half * stride_, time, t);
      if (other != no_step) return other;
    }
  h.write = time.epoch_of(t);
  h.write_step = at;
  h.read = 0;
  return no_step;
}

bool race_detector::unordered(const history& h, const clocks& time, task_id t) const {
  if (h.write != 0 && !time.ordered(h.write, t)) return true;
  if ((h.read & table_bit) != 0) return conflict(h.read & ~table_bit, time, t) != no_step;
  return h.read != 0 && !time.ordered(h.read, t);
}

step_id race_detector::marked(history& h, const clocks& time, task_id t, step_id at, bool write) {
  if (h.write != 0 && !time.ordered(h.write, t)) return h.write_step;
  if (write && h.read != 0) {
    if ((h.read & table_bit) != 0) {
      const step_id other = conflict(h.read & ~table_bit, time, t);
      if (other != no_step) return other;
    } else if (!time.ordered(h.read, t)) {
      return h.read_step;
    }
  }
  if (h.marked == 0) h.marked = make_rows(2);
  pool_[h.marked + (write ? stride_ : 0) + t] = {time.row_of(t)[t], at};
  return no_step;
}

}  // namespace iorace
