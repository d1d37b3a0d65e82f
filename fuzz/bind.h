// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// From a program as data to one that runs: setup makes the model's world and makes its calls, each
// task makes its calls one after another, check judges what is left.
//
// Variables. What the setup binds, and what only its own task uses, is plain memory. What one task
// binds and another uses is a shared word (`variable#1.value`), written by WRITE_ONCE and read by
// READ_ONCE, so that its order is a part of the schedule. Objects have the names of variables.
//
// Results. A call that expects a result and gets another convicts of unexpected-result.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fuzz/program.h"
#include "scheduler/explore/program.h"

namespace iorace {

// How a call of the latest execution ended. In the order of the program: setup, then task by task.
struct call_outcome {
  bool returned = false;
  long rc = 0;
};

// What executions did.
struct reached_rows {
  kern::row_set knobs = {}, probes = {};  // consulted, passed
  std::vector<bool> calls;  // in the order of call_outcome: which ever returned 0; empty for a menu
};

class bound_program {
 public:
  // Requires: `p` is valid. The schema's tables outlive everything; `p` is copied.
  bound_program(program_data p, const schema& s);

  const program_data& data() const;
  // What scheduler/explore takes. May outlive this object, and may be used by several OS threads.
  const program& runnable() const { return runnable_; }

  // What the executions with numbers below `end` did that have come to their end, on any thread.
  reached_rows reached(std::uint64_t end = ~std::uint64_t{0}) const;
  // What executions before these did, in another process.
  void reached_before(const reached_rows& r);
  // Adds the latest execution of this thread, though it ended early, as one with that number.
  void count_latest(std::uint64_t number = 0);

  struct plan;
  struct facts;

 private:
  std::shared_ptr<const plan> plan_;
  std::shared_ptr<facts> facts_;
  program runnable_;
};

// Of the latest execution on this OS thread. Requires: there was one, and its engine lives.
std::span<const call_outcome> latest_outcomes();
// What it executed: the program itself, or what was drawn from its menu.
const program_data& latest_program();

}  // namespace iorace
