// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Minimising a trace: program, then schedule, over and over until neither gets smaller; then the
// promoted fields that it can do without. Verdict and title stay what they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "fuzz/trace_file.h"

namespace iorace {

struct minimize_options {
  bool keep_program = false;
  // What may be spent on looking for another schedule per smaller program.
  std::uint32_t search_executions = 200;
  std::uint64_t search_points = 100'000;
  // Polled between executions; true ends with the smallest so far.
  std::function<bool()> stop = [] { return false; };
};

// Tasks that make calls; switches as they are seen in the drawing: how often a step is another
// task's than the one before. A trace without steps has those of its schedule.
struct trace_size {
  std::size_t tasks = 0, calls = 0, switches = 0, steps = 0;
  bool operator==(const trace_size&) const = default;
};
trace_size size_of(const trace_file& t);

struct minimized {
  trace_file trace;
  trace_size before, after;
  std::uint32_t programs = 0;  // tried
  bool minimal = false;        // false: stopped early
};

// Errors, as one line: the trace has no finding, or its own execution ends with another one.
tl::expected<minimized, std::string> minimize(const trace_file& t, const schema& s,
                                              const minimize_options& o = {});

}  // namespace iorace
