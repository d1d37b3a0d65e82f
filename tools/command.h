// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The verbs and their options, as typed. Each verb is one function in a file of its own; it prints
// its result to standard output and returns the exit status, or why it could not do its work.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/subject.h"
#include "scheduler/explore/statistics.h"
#include "tools/failure.h"
#include "tools/numbers.h"
#include "tools/terminal.h"

namespace iorace::cli {

struct output_options {
  bool json = false;
  color_mode color = color_mode::automatic;
};

inline constexpr std::uint64_t executions_default = 1'000'000;

struct run_request {
  std::string scenario;
  outside_settings with;
  std::string strategy = "portfolio";
  seed_range seeds = {0, 0, false, "0"};
  std::uint64_t executions_max = executions_default;
  std::optional<std::chrono::milliseconds> time_max;
  std::string time_text;
  bool keep_going = false;
  bool fair = false;
  std::optional<std::uint32_t> faults;  // instead of what the scenario says
  statistics_of statistics = statistics_of::some;
  unsigned jobs = 1;
  std::string out;     // empty: ./<scenario>-<verdict>-<hash8>.trace
  std::string resume;  // empty: no checkpoints
  output_options output;
};

struct verify_request {
  std::string scenario;
  outside_settings with;
  std::optional<std::uint64_t> executions_max;
  std::optional<std::chrono::milliseconds> time_max;
  std::string time_text;
  std::optional<unsigned> preemptions;
  std::optional<std::uint32_t> faults;  // instead of what the scenario says
  std::string out;                      // as run_request's
  output_options output;
  bool whole = false;  // not the small version of a built-in scenario
};

struct replay_request {
  std::vector<std::string> files;
  outside_settings with;
  bool strict = false;
  bool relocate = false;
  bool bisect = false;
  output_options output;
};

struct minimize_request {
  std::string file;
  outside_settings with;
  bool keep_program = false;
  std::string out;  // empty: FILE without .trace, then .min.trace
  output_options output;
};

struct draw_request {
  std::string file;
  outside_settings with;
  bool full = false;
  output_options output;
};

struct explain_request {
  std::string file;
  outside_settings with;
  output_options output;
};

struct convert_request {
  std::string file;
  outside_settings with;
  std::string out;  // empty: standard output
};

struct list_request {
  std::string kind;
  output_options output;
};

result<int> run_command(const run_request& o);
result<int> verify_command(const verify_request& o);
result<int> replay_command(const replay_request& o);
result<int> minimize_command(const minimize_request& o);
result<int> draw_command(const draw_request& o);
result<int> explain_command(const explain_request& o);
result<int> convert_command(const convert_request& o);
result<int> list_command(const list_request& o);

// What `list` can list, in the order of the help.
std::vector<std::string> list_kinds();

// Parses the command line, runs its verb and prints what went wrong. Returns the exit status.
int run_command_line(int argc, char** argv);

}  // namespace iorace::cli
