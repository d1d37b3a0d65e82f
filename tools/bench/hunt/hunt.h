// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How many executions a strategy needs until a known bug is found, over many seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/programs/programs.h"

namespace iorace::bench {

struct hunt_options {
  std::string strategy = "portfolio";
  std::uint64_t first_seed = 0;
  std::uint64_t seeds = 100;
  std::uint64_t executions_max = 20'000;  // per seed
  std::uint32_t points_max = 20'000;      // per execution
};

struct hunt_result {
  std::vector<std::uint64_t> hits;  // executions of each seed that found it, the last one included
  std::uint64_t seeds = 0;
  std::uint64_t executions = 0;
  std::uint64_t points = 0;

  double mean() const;        // over the hits
  double median() const;      // over all seeds; infinite if half of them found nothing
  double half_width() const;  // of the 95% interval of the mean, by the normal approximation
};

// Runs `bug` with each seed until its own verdict falls: other findings are passed over.
hunt_result hunt(const known_bug& bug, const hunt_options& o);

}  // namespace iorace::bench
