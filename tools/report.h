// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a run found, for people and for scripts.
#pragma once

#include <string>
#include <vector>

#include "fuzz/run_program.h"
#include "tools/command.h"
#include "tools/program_report.h"

namespace iorace::cli {

struct seed_report {
  std::uint64_t seed = 0;
  double seconds = 0;
  program_run run;
  std::vector<std::string> paths;  // where the traces of the findings are; empty: not written
};

// The command that repeats the run, with everything that is not the default and without files.
std::string repeat_line(const run_request& o, const program_data& p);

json run_json(const run_request& o, const trace_file& t, const std::string& scenario,
              const seed_report& r);

// Says of a finding, as soon as it is kept, what it is and where.
std::string found_line(const sampled_finding& f, const std::string& path);
// The statistics of one run, what it did not reach, and its findings, each with the command that
// replays it.
std::string run_text(const trace_file& t, const seed_report& r, const paint& colors);
// One line for one of many seeds; and, after all of them, the sum and the findings.
std::string seed_line(const seed_report& r, const paint& colors);
std::string seeds_text(const trace_file& t, const std::vector<seed_report>& all,
                       const paint& colors);

}  // namespace iorace::cli
