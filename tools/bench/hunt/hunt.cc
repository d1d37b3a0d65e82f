// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/bench/hunt/hunt.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scheduler/explore/sample.h"

namespace iorace::bench {

double hunt_result::mean() const {
  double sum = 0;
  for (const std::uint64_t n : hits) sum += static_cast<double>(n);
  return hits.empty() ? 0 : sum / static_cast<double>(hits.size());
}

double hunt_result::median() const {
  std::vector<double> all(hits.begin(), hits.end());
  all.resize(seeds, std::numeric_limits<double>::infinity());
  std::sort(all.begin(), all.end());
  return seeds == 0 ? 0 : (all[(seeds - 1) / 2] + all[seeds / 2]) / 2;
}

double hunt_result::half_width() const {
  if (hits.size() < 2) return 0;
  double squares = 0;
  for (const std::uint64_t n : hits) {
    const double off = static_cast<double>(n) - mean();
    squares += off * off;
  }
  const auto n = static_cast<double>(hits.size());
  return 1.96 * std::sqrt(squares / (n - 1) / n);
}

hunt_result hunt(const known_bug& bug, const hunt_options& o) {
  hunt_result all;
  all.seeds = o.seeds;
  for (std::uint64_t i = 0; i < o.seeds; ++i) {
    sample_options each;
    each.strategy = o.strategy;
    each.executions_max = o.executions_max;
    each.each.seed = o.first_seed + i;
    each.each.points_max = o.points_max;
    each.pass_over = [&](const finding& f) { return f.name != bug.verdict; };
    const sample_result r = sample(bug.runnable, each);
    all.executions += r.executions;
    all.points += r.points;
    if (!r.findings.empty()) all.hits.push_back(r.executions);
  }
  return all;
}

}  // namespace iorace::bench
