// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Replaying a trace and judging what came of it. (The strategy that follows a schedule is
// strategies/replay.h.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/record/recording.h"
#include "scheduler/record/schedule.h"
#include "scheduler/record/steps_text.h"

namespace iorace {

// The first that applies, from the bottom of this list to its top.
enum class replay_status : std::uint8_t {
  same,              // verdict, title, digest and steps are those of the trace
  drifted,           // every anchor was found, verdict and title are the same, the rest differs
  changed,           // another verdict or title, or none
  lost,              // an anchor or a segment could not be honoured, and it is not the same
  nondeterministic,  // two executions of the one input differ
  malformed,         // the trace could not be read; for callers, replay_trace() never returns it
};
const char* name_of(replay_status s);

// What a trace says of its execution. A trace written by hand may leave any of it out.
struct expectation {
  std::optional<std::string> verdict;  // "none" for an execution that finds nothing
  std::optional<std::string> title;
  std::optional<std::string> detail;  // of the verdict: what was seen
  std::optional<std::uint64_t> digest;
  std::vector<step_text> steps;
};

// What is executed: everything of a trace that influences it.
struct replay_input {
  struct schedule plan;
  std::vector<std::string> points;  // fields promoted
  execution_options options;        // limits; seeds have no influence
};

struct replay_report {
  replay_status status = replay_status::same;
  std::string verdict;       // got; "none"
  std::string title;         // got; empty without a finding
  std::string detail;        // got
  std::uint64_t digest = 0;  // got
  std::string what;          // one line that says what differs; empty for `same`
  execution_result result;
  recording steps;
};

// Executes `p` twice under the schedule and compares with `want`. Blocks the calling thread; not to
// be called from a task.
replay_report replay_trace(engine& e, const program& p, const replay_input& in,
                           const expectation& want);

// Returns what a trace of the engine's last execution expects.
expectation expectation_of(const execution_result& result, const finding& f, const recording& r);

// Looks for places near the lost anchors (the same operation in another function, another operation
// on the same object, another occurrence, the end of the task) until the schedule can be followed
// and comes to the verdict and title that `want` has. Returns nothing if that takes more than
// `executions_max` executions or cannot be done.
std::optional<struct schedule> relocate(engine& e, const program& p, const replay_input& in,
                                        const expectation& want,
                                        std::uint32_t executions_max = 5000);

}  // namespace iorace
