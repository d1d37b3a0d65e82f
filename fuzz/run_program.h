// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Exploring a program end to end: sample its executions, note what of the model they reached, and
// turn each finding into a trace that replays it.
#pragma once

#include <vector>

#include "fuzz/trace_file.h"
#include "fuzz/unreached.h"
#include "scheduler/explore/sample.h"

namespace iorace {

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
