// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verifying: every execution of a program, one per Mazurkiewicz trace, so that "nothing found" is a
// fact. See reversals.h for how; the relation of dependence is that of the event table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/program.h"

namespace iorace {

struct verify_progress {
  std::uint64_t executions = 0;
  std::uint64_t points = 0;
  std::size_t findings = 0;
};

struct verify_options {
  std::uint64_t executions_max = ~std::uint64_t{0};
  bool stop_at_first = false;
  // Traces that need more preemptions than this are left out: then complete means that every trace
  // was executed that has a linearisation of at most so many. A preemption is a switch away from a
  // task whose next operation is enabled.
  std::optional<unsigned> preemptions = {};
  execution_options each;  // limits; seed, number and fair are ignored
  // Fields promoted from the beginning. A plain access whose field is none of these becomes a point
  // when it races: with each.detect_races off, all that matter have to be here.
  std::vector<std::string> points = {};
  // Polled between executions; true ends the search. Time limits and ^C live here.
  std::function<bool(const verify_progress&)> stop = [](const verify_progress&) { return false; };
  // Called after each execution, with the engine that holds it.
  std::function<void(const engine&)> seen = nullptr;
};

// A finding, and what it takes to run it again.
struct verified_finding {
  finding what;
  std::vector<task_id> picks;          // who moved, point after point
  std::vector<std::uint32_t> numbers;  // what was drawn, in order
  std::vector<std::string> points;     // promoted fields
};

struct verify_result {
  std::uint64_t traces = 0;
  // Of the last pass: one per trace, and those of `duplicates` and `blocked`.
  std::uint64_t executions = 0;
  std::uint64_t earlier = 0;  // of the passes before, which ended where a field became a point
  // Of these executions (executions - traces - blocked) those that go on behind a finding without
  // the task that it stopped, or try what came behind a deadlock alone.
  std::uint64_t duplicates = 0;
  std::uint64_t beyond = 0;   // traces that need more preemptions than the bound, met on the way
  std::uint64_t blocked = 0;  // executions whose plan could not be followed, behind findings only
  std::uint64_t points = 0;
  std::uint64_t operations = 0;
  std::uint64_t cut = 0;
  std::uint64_t step_bound = 0;
  std::uint64_t digest = 0;
  bool complete = false;
  bool stopped = false;
  double estimate = 0;   // of the executions in all, of the last pass; what they are if complete
  std::size_t tree = 0;  // most events and reversals that were kept at a time
  std::vector<std::string> promoted;
  std::vector<verified_finding> findings;  // one per title, in the order in which they were found
};

// Blocks the calling OS thread; not to be called from a task. Requires: o.each.detect_races, or
// o.points.
verify_result verify(const program& p, const verify_options& o);

}  // namespace iorace
