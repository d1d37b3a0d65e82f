// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Reducing a schedule: fewer lines, fewer switches, switches at natural places and dull answers to
// choices, with the same verdict and title. The program stays as it is.
//
// Every candidate is followed as far as it can be and counts as what was followed
// (replay::followed), so a candidate with a line too few is no failure but a shorter schedule. The
// passes:
//   1. nothing at all, ddmin over the lines (Zeller and Hildebrandt, TSE 2002), and every schedule
//      of up to three lines, as far as 4000 executions go;
//   2. ddmin again;
//   3. segments run until their task blocks or ends, change places with the next, or go to another
//      task;
//   4. smaller answers to choices;
//   5. switches between two calls of a task, before a lock or at the start of a function;
// 2 to 5 are repeated until none of them finds anything better. Better is, in this order: fewer
// switches, fewer lines, smaller answers, fewer anchors, fewer tasks that it does not speak of,
// more natural places of switches, fewer operations. If a line of the result could still go, at the
// price of a switch more, it goes. What runs into the bound on points is better than nothing only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/replay.h"
#include "scheduler/record/schedule.h"

namespace iorace {

// What has to remain. Requires: a finding, not "none".
struct reduction_goal {
  std::string verdict;
  std::string title;
};

struct reduction_options {
  std::uint32_t executions_max = 50'000;
  // Polled between executions; true ends the reduction with the best so far.
  std::function<bool()> stop = [] { return false; };
};

struct reduced_schedule {
  bool holds = false;       // did the schedule come to the goal at all?
  struct schedule plan;     // the best, or the one that came in if !holds
  execution_result result;  // of `plan`
  bool minimal = false;     // no line of `plan` can be removed
  std::size_t lines_before = 0;
  std::uint32_t executions = 0;  // candidates executed
  std::uint32_t accepted = 0;    // of them better than the best so far
};

// Reduces `in.plan`. Blocks the calling thread; not to be called from a task. The same input gives
// the same result. For a few hundred lines it takes well under a second.
reduced_schedule reduce_schedule(engine& e, const program& p, const replay_input& in,
                                 const reduction_goal& goal, const reduction_options& o = {});

// Follows `in.plan` as far as that is possible; returns what was followed if it came to the goal.
// For those who reduce programs: a removed call only loses the lines that spoke of it.
std::optional<struct schedule> still_holds(engine& e, const program& p, const replay_input& in,
                                           const reduction_goal& goal);

}  // namespace iorace
