// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Exploring a program end to end: sample its executions, note what of the model they reached, and
// turn each finding into a trace that replays it.
#pragma once

#include <vector>

#include "fuzz/trace_file.h"
#include "fuzz/unreached.h"
#include "scheduler/explore/sample_state.h"

namespace iorace {

struct program_run {
  sample_result sampled;
  unreached never;
  std::vector<trace_file> traces;  // of sampled.findings, in their order
};

// A run between two executions: see sample_state.h.
struct program_state {
  sample_state sampled;
  reached_rows reached;
};

// Called by the thread that runs, between executions.
struct program_watch {
  // Each finding with its trace, as soon as it is merged; those of a state that is gone on from
  // come first.
  std::function<void(const sampled_finding&, const trace_file&)> found;
  // Each state that can be gone on from. Its findings have been told.
  std::function<void(const sample_state&, const reached_rows&)> checkpoint;
};

// Runs the program of `t`, with the points and options that `t` states and without its schedule;
// `from` is a state of the same run. From a menu each execution draws a program of its own.
// `o.each`, `o.points` and `o.checkpoint` are ignored but for the seed and `fair`.
program_run run_program(const trace_file& t, const sample_options& o, const schema& s,
                        const program_watch& watch = {}, program_state from = program_state());

}  // namespace iorace
