// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Between trace files and executions: a trace as the input of a replay and as what it expects, an
// execution as a trace.
#pragma once

#include <string>
#include <vector>

#include "fuzz/bind.h"
#include "fuzz/trace_file.h"
#include "scheduler/explore/keep.h"
#include "scheduler/explore/replay.h"

namespace iorace {

// The options of an execution that the trace states.
execution_options execution_of(const trace_file& t);
// What is executed. Without a schedule the dullest one.
replay_input input_of(const trace_file& t);
// What the trace says of its execution. Requires: its steps are such as parse_trace() takes.
expectation expectation_of(const trace_file& t);

// Returns `base` as the trace of an execution that has just been kept on this thread: schedule,
// points, steps, title and verdict are the execution's; what was drawn from a menu stands instead
// of the menu.
trace_file trace_of(const trace_file& base, const kept_execution& kept);
// Executes a trace and returns its recording, for drawing.
kept_execution keep_trace(engine& e, const trace_file& t, const schema& s);

}  // namespace iorace
