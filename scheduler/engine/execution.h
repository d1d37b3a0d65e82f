// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One execution: its options and its outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/engine/finding.h"
#include "scheduler/engine/operation.h"

namespace iorace {

struct execution_options {
  std::uint64_t seed = 0;             // of the run; with `number` it determines every draw
  std::uint64_t number = 0;           // of this execution within the run
  std::uint32_t points_max = 20000;   // then the execution is inconclusive, or a livelock
  std::uint32_t points_estimate = 0;  // most points of an execution in the finished batches of the
                                      // run, frozen per batch; 0 in the first one
  std::uint32_t faults_max = 0;       // injected failures per execution
  bool fair = false;                  // locks are handed over first come, first served
  bool detect_races = true;
  // An exhaustive search is to see all that an operation depends on: what one on a list or a tree
  // is convicted of ends it only when it has accessed all; and see list_representative().
  bool for_search = false;
  // For a search whose traces are to show what others do while tasks block each other for good:
  // such a cycle ends the execution only when nobody else can move, before any time passes. Those
  // that were met can be asked for, see engine::cycles().
  bool late_deadlocks = false;
  // Where the engine's last execution was of the same program (an object that has not changed, on
  // the same OS thread) and had this set, too: what its setup made is put back instead of made
  // anew. For programs that allow it, see program::same_setup.
  bool reuse_setup = false;
};

enum class ended : std::uint8_t { finished, found, cut, step_bound };

struct execution_result {
  ended how = ended::finished;
  // The strategy was asked points_max times and then set aside; whatever the ending, it is one of
  // many that the enabled tasks could have come to.
  bool past_bound = false;
  std::uint32_t points = 0;      // times that the strategy was asked
  std::uint32_t operations = 0;  // steps after the setup
  std::uint32_t switches = 0;
  std::uint64_t digest = 0;  // XXH3 of all steps
};

// Where accesses should be points though nobody is convicted. Plain ones that nothing ordered
// before the kfree of their object, which in another order would be uses after it; and operations
// of lists with a marked access that nothing orders with another one: no race, but their order
// matters.
struct wanted_point {
  object_id object;
  std::uint16_t field;
};

// Tasks that have come to wait for each other. Unless deadlocks are late, that ends the execution.
struct noted_cycle {
  finding what;
  std::vector<task_id> tasks;
};

}  // namespace iorace
