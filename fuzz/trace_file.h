// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Whole traces: a program, perhaps a schedule, perhaps what came of it. The text is line-based
// ASCII in a fixed order:
//
//   iorace-trace 1
//   title     pin-survives-unmap: iommufd_test_access_unmap v iommufd_test_access_pages
//   profile   upstream
//   knobs     selftest_access.lock=spin
//   limits    unmap_tries=3
//   options   faults=1 fair=1 points=20000
//   seed      0x5eed
//   strategy  pct:3
//   [setup] [cpuN] [agent NAME] [menu]     the program (program_text.h)
//   [schedule]                             who ran until where, what was chosen (record/schedule.h)
//   [points]                               class.field words whose plain accesses are points
//   [steps] [verdict]                      derived: replay compares them
//
// A program, with or without a schedule, may leave out every key and section but the first line.
// What was recorded is whole: a title or [steps] needs a [verdict], a [verdict] its digest, and
// steps are numbered 1, 2, 3 ... without a gap, so that a file that was cut off is no other trace.
// Comments are kept on rewriting, but for those inside [steps] and [verdict].
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/program_text.h"
#include "scheduler/record/schedule.h"
#include "scheduler/record/trace_lines.h"

namespace iorace {

struct trace_file {
  std::string title;
  program_data program;
  trace_options options;
  std::optional<std::uint64_t> seed;
  std::string strategy;
  std::optional<iorace::schedule> schedule;
  std::vector<std::string> points;
  std::vector<std::string> steps;  // lines as they are, see record/steps_text.h
  std::optional<trace_verdict> verdict;

  // Comments by what they belong to: a key, a section ("[steps]"), or "end". Those of a program's
  // calls are in the program.
  std::map<std::string, comments, std::less<>> notes;
  std::vector<comments>
      schedule_notes;  // of segments, then of choices; as many as lines, or dropped
};

// Reads a trace. Errors have the place and name what was expected.
parsed<trace_file> parse_trace(std::string_view text, const schema& s);
// Returns the canonical text: parse_trace(print_trace(t)) is t, and printing that changes nothing.
std::string print_trace(const trace_file& t, const schema& s);

// Returns true iff a file is to be read as text: by its name or by its beginning.
bool is_trace_text(std::string_view path, std::string_view content);

inline constexpr std::size_t file_bytes_max = std::size_t{64} << 20;
// Returns the content of the file, of standard input if it is "-"; or one line that says why not
// ("x: is a directory, expected a file").
tl::expected<std::string, std::string> read_file(const std::string& path,
                                                 std::size_t bytes_max = file_bytes_max);
// read_file and parse_trace: errors are one line with the file's name.
tl::expected<trace_file, std::string> load_trace(const std::string& path, const schema& s);

enum class existing : std::uint8_t { keep, replace };
// Writes a file whole or not at all: under a temporary name beside it, renamed when it is on the
// disk. With existing::keep a file that is there already is an error. Errors are one line.
tl::expected<void, std::string> write_file(const std::string& path, std::string_view content,
                                           existing policy);

}  // namespace iorace
