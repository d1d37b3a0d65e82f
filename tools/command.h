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

#include "fuzz/program.h"
#include "tools/failure.h"
#include "tools/numbers.h"
#include "tools/terminal.h"

namespace iorace::cli {

struct output_options {
  bool json = false;
  color_mode color = color_mode::automatic;
};

// Settings in the order of their precedence: those of the command line win over those of the file,
// which win over those of the environment (and a recorded trace ignores the environment: all that
// influences it is in the file).
struct setting_options {
  program_data command;
  program_data environment;
};

struct run_options {
  std::string scenario;
  setting_options with;
  std::string strategy = "portfolio";
  seed_range seeds = {0, 0, false, "0"};
  std::uint64_t executions_max = 1'000'000;
  std::optional<std::chrono::milliseconds> time_max;
  std::string time_text;
  bool keep_going = false;
  bool fair = false;
  unsigned jobs = 1;
  std::string out;  // empty: ./<scenario>-<verdict>-<hash8>.trace
  output_options output;
};

struct replay_options {
  std::vector<std::string> files;
  setting_options with;
  bool strict = false;
  bool relocate = false;
  bool bisect = false;
  output_options output;
};

struct minimize_options {
  std::string file;
  setting_options with;
  bool keep_program = false;
  std::string out;  // empty: FILE without .trace, then .min.trace
  output_options output;
};

struct draw_options {
  std::string file;
  setting_options with;
  bool full = false;
  output_options output;
};

struct convert_options {
  std::string file;
  setting_options with;
  std::string out;  // empty: standard output
};

struct list_options {
  std::string kind;
  output_options output;
};

result<int> run_command(const run_options& o);
result<int> replay_command(const replay_options& o);
result<int> minimize_command(const minimize_options& o);
result<int> draw_command(const draw_options& o);
result<int> convert_command(const convert_options& o);
result<int> list_command(const list_options& o);

// What `list` can list, in the order of the help.
std::vector<std::string> list_kinds();

// Parses the command line, runs its verb and prints what went wrong. Returns the exit status.
int run_command_line(int argc, char** argv);

}  // namespace iorace::cli
