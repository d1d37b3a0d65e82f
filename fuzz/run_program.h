// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Exploring a program end to end: sample its executions, note what of the model they reached, and
// turn each finding into a trace that replays it.
#pragma once

#include <string>
#include <vector>

#include "fuzz/trace_file.h"
#include "scheduler/explore/sample.h"

namespace iorace {

// What no execution of a run did, so that nothing vacuous passes for a result.
struct unreached {
  std::vector<std::string> knobs;   // never consulted
  std::vector<std::string> probes;  // never passed
  std::size_t probes_reached = 0;
  // Calls that never succeeded though the program does not expect an error: "cpu2:
  // ioas_unmap(...)". Empty if too few executions came to their end to tell.
  std::vector<std::string> calls;
};

struct program_run {
  sample_result sampled;
  unreached never;
  std::vector<trace_file> traces;  // of sampled.findings, in their order
};

// Runs the program of `t`, with the points and options that `t` states and without its schedule.
// From a menu each execution draws a program of its own. `o.each` and `o.points` are ignored but
// for the seed and `fair`.
program_run run_program(const trace_file& t, const sample_options& o, const schema& s);

}  // namespace iorace
