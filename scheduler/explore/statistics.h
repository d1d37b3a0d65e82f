// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a run can say of the executions that it has not seen. Looking at an execution costs about as
// much as running it, so not all are looked at.
#pragma once

#include <cstdint>

namespace iorace {

struct run_statistics {
  std::uint64_t looked_at = 0;  // executions; the next four are of these
  std::uint64_t traces = 0;     // different ones, see trace_hash()
  std::uint64_t once = 0;       // traces that came up once: once / looked_at is the Good-Turing
                                // estimate of the chance that one more execution has a new trace
  bool exact = true;            // false: `traces` and `once` are estimates
  std::uint64_t pairs = 0;      // different reads-from pairs, see reads_from.h
  bool pairs_exact = true;
  // For the bound of pct: executions of pct:D that knew their length beforehand and in which nobody
  // was held back for running too long; and D, 0 if there are none of it.
  std::uint64_t pct_executions = 0;
  std::uint32_t pct_depth = 0;
  std::uint32_t tasks_max = 0;   // in one execution, the setup not counted
  std::uint32_t points_max = 0;  // in one that did not end at the bound on points
};

// Which executions are looked at: the first 1024, then one in 256; or all of them.
enum class statistics_of : std::uint8_t { some, all };
constexpr bool looked_at(statistics_of which, std::uint64_t number) {
  return which == statistics_of::all || number < 1024 || number % 256 == 0;
}

// Returns an upper bound on the chance that no execution of pct:D showed a bug of `depth` though
// there is one: by the guarantee 1 / (n * k^(D - 1)) per execution, which holds up to depth D. Of
// deeper bugs nothing is known: 1.
double pct_miss_bound(const run_statistics& s, unsigned depth);

}  // namespace iorace
