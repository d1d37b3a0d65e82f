// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A trace without its program: for programs that are code, such as those of lambdas. Whoever has
// the program can replay it. The text is that of other traces, without what says what to run:
//
//   iorace-trace 1
//   title     kernel-bug in setup
//   options   faults=1 fair=1 points=20000
//
//   [schedule]
//   cpu1 until add_one mutex_lock counter#1.lock #2
//   cpu2
//   [points] counter.value
//   [steps]
//      1 cpu1 add_one  mutex_lock   counter#1.lock
//   [verdict]
//   kernel-bug
//   digest 0123456789abcdef
//
// Every line but the first may be left out.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "scheduler/explore/keep.h"
#include "scheduler/explore/replay.h"
#include "scheduler/record/text_error.h"

namespace iorace {

struct lambda_trace {
  replay_input in;   // what is executed
  expectation want;  // what came of it
};

// The trace of an execution that was kept, which ran with the options `o`.
lambda_trace trace_of(const kept_execution& kept, const execution_options& o);

// Returns the text: all that influences a replay, and what the replay is compared with.
std::string to_text(const lambda_trace& t);
// Errors have the place and name what was expected. Comments are skipped.
tl::expected<lambda_trace, text_error> parse_lambda_trace(std::string_view text);

}  // namespace iorace
