// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Reducing a program: fewer tasks, fewer calls, duller arguments, as long as a predicate says that
// it still fails. Each candidate is asked about once (by hash); passes repeat until none of them
// finds anything, so that in the end no single task, call or argument can go.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "fuzz/program.h"
#include "scheduler/record/schedule.h"

namespace iorace {

// A program to be tried. original[t] is the number that task t had in the program that came in; 0,
// the setup, stays 0. Schedules speak of tasks by number: see with_tasks().
struct program_candidate {
  program_data program;
  std::vector<unsigned> original;
  // The call of the candidate accepted last that this one does without.
  struct call_number {
    unsigned task;
    std::size_t place;
  };
  std::optional<call_number> without = {};
};
using still_fails = std::function<bool(const program_candidate&)>;

// Attempts by kind, and how many of them were kept.
struct reduction_count {
  std::uint32_t tried = 0, kept = 0;
};
struct reduction_counts {
  reduction_count tasks, calls, arguments, others;
  std::uint32_t repeated = 0;  // candidates that had been asked about
};

// Returns the smallest program found. Requires: `p` is valid and has no menu; the predicate holds
// for it (it is not asked) and answers equal candidates equally. Knobs that are not needed go too,
// but the profile stays.
program_candidate reduce_program(const program_data& p, const still_fails& fails,
                                 reduction_counts* counts = nullptr);

// Returns `p` without one call; task 0 is the setup. Uses of what the call bound name the first
// object of their class instead, or none.
program_data without_call(program_data p, unsigned task, std::size_t place);

// Returns the schedule as the candidate's tasks are called: "cpu3", "area#3.1" and the like get the
// new numbers; what is about a task that has gone is left out. `p` and `original` are a
// candidate's.
schedule with_tasks(const schedule& s, const program_data& p,
                    const std::vector<unsigned>& original);

}  // namespace iorace
