// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verifying a program end to end: every interleaving of it, what none of them reached, and one
// trace for each title.
#pragma once

#include <vector>

#include "fuzz/trace_file.h"
#include "fuzz/unreached.h"
#include "scheduler/explore/verify.h"

namespace iorace {

struct program_verification {
  verify_result verified;
  unreached never;
  // Of verified.findings, in their order; program and schedule are minimal.
  std::vector<trace_file> traces;
  bool minimal = true;  // false: the search for smaller traces was stopped
};

// Whether verify_program can do anything with `t`, for failing before anything is printed. Errors,
// as one line: the program is not one that can be verified.
tl::expected<void, std::string> check_verifiable(const trace_file& t);

// Verifies the program of `t`, with the points and limits that `t` states and without its schedule.
// `o.each` and `o.points` are ignored. Traces are minimised until `o.stop` says so. Errors: as
// check_verifiable's.
tl::expected<program_verification, std::string> verify_program(const trace_file& t,
                                                               const verify_options& o,
                                                               const schema& s);

}  // namespace iorace
