// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The lines of a trace that say how a program ran and what came of it: its first line, the options,
// [points], [steps] and [verdict]. ([schedule] is schedule.h.) Whole traces are made of them, those
// with a program (fuzz/trace_file.h) and those without (explore/lambda_trace.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scheduler/engine/execution.h"
#include "scheduler/record/scanner.h"

namespace iorace {

// Options of an execution that change what it does; a trace states those that are not the default.
struct trace_options {
  std::uint32_t faults = 0;
  bool fair = false;
  std::uint32_t points = execution_options{}.points_max;
  bool operator==(const trace_options&) const = default;
};

struct trace_verdict {
  std::string name;                     // "use-after-free", an invariant's name, or "none"
  std::string detail;                   // the rest of the line
  std::optional<std::uint64_t> digest;  // of the execution; only text always has one
  bool operator==(const trace_verdict&) const = default;
};

// "iorace-trace 1".
parsed<void> read_first_line(scanner& in);
// "faults=1": one option. Errors are one line.
tl::expected<void, std::string> read_option(std::string_view word, trace_options& to);
// Fields, "class.field", as many as the line has.
parsed<void> read_points(scanner& in, std::vector<std::string>& to);
// "  12 cpu1 function operation ...": numbered 1, 2, 3 ..., `to` has those before.
parsed<void> read_step(const text_line& l, std::vector<std::string>& to);
// The line of the verdict, then that of the digest. The verdict is one of `names`; anything if
// there are none.
parsed<void> read_verdict(scanner& in, std::span<const std::string_view> names,
                          std::optional<trace_verdict>& to);
// What was recorded is whole, wherever its file may have been cut off: a title or [steps] needs a
// [verdict], a [verdict] its digest. `section` is the name of the last one, `end` the last line.
parsed<void> check_whole(const text_line& end, std::string_view section, bool titled,
                         const std::optional<trace_verdict>& v);

// "title     use-after-free ..."
std::string key_line(std::string_view name, std::string_view value);
// "faults=1 fair=1"; empty if all are the default.
std::string options_text(const trace_options& o);
// The lines of the section, its title in the first one.
std::vector<std::string> points_lines(std::span<const std::string> points);
// The lines under the section's title.
std::string verdict_text(const trace_verdict& v);

}  // namespace iorace
