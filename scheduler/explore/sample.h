// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Sampling: numbered executions of a program, each drawn from (seed, number). The result is a
// function of the options alone, whatever the number of jobs: workers take blocks of numbers, and
// what is learnt (points to promote, the longest execution, knowledge.h) is merged in the order of
// the numbers at the end of each batch: an eighth of the executions before it, at least 1 and at
// most 65,536. A run that stops early returns a prefix of the run that does not, and one that goes
// on from any of its states (sample_state.h) ends like one that never stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/statistics.h"

namespace iorace {

struct sample_state;

struct sample_progress {
  std::uint64_t executions = 0;  // so far, approximately
  std::uint64_t points = 0;      // of those that are merged
  std::size_t findings = 0;      // distinct titles among them
};

struct sample_options {
  std::string strategy = "portfolio";  // as make_strategy() reads it. Requires: valid
  std::uint64_t executions_max = 1'000'000;
  bool keep_going = false;  // false: stop at the first finding
  unsigned jobs = 1;        // OS threads. Requires: at least 1
  bool twice = false;       // run every execution twice and compare, see twice.h
  statistics_of statistics = statistics_of::some;
  execution_options each;           // seed and limits; number is ignored
  std::vector<std::string> points;  // fields promoted from the beginning
  // Findings that are not meant: executions end at them, but they are neither kept nor stop the
  // run.
  std::function<bool(const finding&)> pass_over;
  // Polled between blocks of executions by the calling thread; true ends the run. Time limits and
  // ^C live here: this library knows no clock.
  std::function<bool(const sample_progress&)> stop = [](const sample_progress&) { return false; };
  // Called by the calling thread each time that executions have been merged, some thousands at
  // most, and at the end: whatever was found is in the state, and it can be gone on from.
  std::function<void(const sample_state&)> checkpoint;
};

// A finding and what it takes to run it again.
struct sampled_finding {
  finding what;  // what.execution is its number
  std::string strategy;
  execution_options options;
  std::vector<std::string> points;         // promoted fields
  std::shared_ptr<const knowledge> known;  // what the run had learnt
};

struct sample_result {
  std::uint64_t executions = 0;
  std::uint64_t points = 0;
  std::uint64_t operations = 0;
  std::uint64_t cut = 0;         // ended at a limit below the kernel's
  std::uint64_t step_bound = 0;  // ended at the bound on points
  std::uint64_t digest = 0;      // over the digests of all executions, in order
  bool stopped = false;          // by `stop`
  run_statistics statistics;
  std::vector<std::string> promoted;      // fields that became points
  std::vector<sampled_finding> findings;  // one per title, the first execution with it, in order
};

// Runs the program. Blocks the calling OS thread; not to be called from a task. With more than one
// job the callables of `p` are called from several OS threads at once and must bear that.
sample_result sample(const program& p, const sample_options& o);
// Goes on from a state of the same program and options; only jobs, statements about when to stop
// and callbacks may differ. Requires: o.executions_max is not below what has been executed.
sample_result sample(const program& p, const sample_options& o, sample_state from);

// Runs the execution of a finding again on `e`, which then holds its steps.
execution_result run_again(engine& e, const program& p, const sampled_finding& f);

}  // namespace iorace
