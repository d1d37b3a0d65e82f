// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An execution that is kept: everything of it that a trace holds. Runs on any engine; slower than
// engine::run by what it writes down, so only for executions that somebody will read.
#pragma once

#include <string>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/sample.h"
#include "scheduler/explore/verify.h"
#include "scheduler/record/recording.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

struct kept_execution {
  execution_result result;
  finding what;          // verdict::none if nothing was found
  struct schedule plan;  // replaying it makes this execution again
  recording steps;
  std::vector<std::string> points;  // fields whose plain accesses were points
};

// Executes `p` under `s`, with `points` promoted.
kept_execution keep(engine& e, const program& p, strategy& s, const execution_options& o,
                    const std::vector<std::string>& points);
// Executes the execution of a finding once more.
kept_execution keep(engine& e, const program& p, const sampled_finding& f);
// The same; `o` are the options of the search.
kept_execution keep(engine& e, const program& p, const verified_finding& f,
                    const execution_options& o);
// Follows a schedule; what of it cannot be followed is skipped, `plan` is what was followed.
kept_execution keep(engine& e, const program& p, const struct schedule& s,
                    const execution_options& o, const std::vector<std::string>& points);

}  // namespace iorace
