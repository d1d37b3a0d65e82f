// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/statistics.h"

#include <cmath>

namespace iorace {

double pct_miss_bound(const run_statistics& s, unsigned depth) {
  if (depth > s.pct_depth || s.tasks_max == 0 || s.points_max == 0) return 1;
  const double hit = 1 / (s.tasks_max * std::pow(s.points_max, s.pct_depth - 1));
  return std::pow(1 - hit, static_cast<double>(s.pct_executions));
}

}  // namespace iorace
