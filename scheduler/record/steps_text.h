// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps section of a trace: one line per operation, aligned, numbered from 1. It is derived
// from an execution and compared by replay; nobody has to write one.
//
//    2 cpu3 iopt_area_add_access         write      area#1.num_accesses 0 -> 1
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scheduler/record/recording.h"
#include "scheduler/record/text_error.h"

namespace iorace {

// One line, as words. `place` is "-" where there is none but a value follows; `value` is the rest
// of the line: "= 1" of what was read or returned, "0 -> 1" of a write, "-> 1" if the value before
// is not known.
struct step_text {
  std::string task, function, operation, place, value;
  bool operator==(const step_text&) const = default;
};

std::vector<step_text> steps_of(const recording& r);
// Returns the section without its heading, each line ended by a newline.
std::string to_text(std::span<const step_text> steps);
// Returns `s` as one line without a number and with single blanks, for messages.
std::string to_text(const step_text& s);
// Reads step `number`, all of which is line `line`. Requires: it is no empty line.
tl::expected<step_text, text_error> parse_step(std::string_view text, unsigned line,
                                               std::size_t number);
// The reverse. Comments and empty lines are skipped; `first_line` is the number of the first line.
tl::expected<std::vector<step_text>, text_error> parse_steps(std::string_view text,
                                                             unsigned first_line = 1);

// Returns the index of the first step that differs, or that only one of the two has.
std::optional<std::size_t> first_difference(std::span<const step_text> a,
                                            std::span<const step_text> b);

}  // namespace iorace
