// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Explaining a finding: which orders of operations, and which choices, does it need, and what is
// the nearest execution without it? Nothing is guessed, everything is tried:
//
//   An order of two operations matters iff the nearest execution with it the other way round ends
//   with another title, or with none. Nearest: the task of the first operation is held in front of
//   it until the other task has done the second one, then it catches up; all else happens in the
//   order in which it happened (strategies/hold.h). Where the second operation needs a lock that
//   the first one's task holds, that task is held before it takes the lock.
//   Tried are conflicting operations of two tasks (record/conflicts.h), the nearest first, among
//   them what a task would have done next in the call in which the finding stopped it. Turning one
//   order round turns others with it; an order is left out if one of those matters by itself.
//   Locks are named only where what they protect is not in conflict.
//
//   A choice matters iff the dull answer in its place leads elsewhere.
//
//   The passing neighbour has one switch at another place of the same task, fewest operations away,
//   and ends without a finding.
#pragma once

#include <cstdint>
#include <functional>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/replay.h"
#include "scheduler/record/explanation.h"

namespace iorace {

struct explain_options {
  // Two fifths are for the neighbour, two for orders, what is left for the rest. One more per task
  // sees what it would have done next.
  std::uint32_t executions_max = 5000;
  // Polled between executions; true ends the search with what has been found.
  std::function<bool()> stop = [] { return false; };
};

// Executes `p` as `in` says and explains the finding that it ends with. Blocks the calling thread;
// not to be called from a task. The same input gives the same explanation.
explanation explain(engine& e, const program& p, const replay_input& in,
                    const explain_options& o = {});

}  // namespace iorace
