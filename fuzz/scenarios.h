// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The built-in scenarios: the traces of fuzz/scenarios/, embedded at build time. Each is a program
// that somebody could have written by hand, and a seed for the fuzz targets.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/trace_file.h"

namespace iorace {

struct scenario_text {
  std::string_view name;  // the file's, without .trace
  std::string_view text;
  // The trace of fuzz/proofs/ that has the calls of the race and so few of their interleavings that
  // all of them can be executed; empty if there is none.
  std::string_view small;
};

// All of them, in the order of their names.
std::span<const scenario_text> scenario_texts();

// Returns the built-in scenario of that name, or nothing. That they can be read is tested.
std::optional<trace_file> scenario(std::string_view name, const schema& s);
// One line: the first comment of its text.
std::string summary_of(const scenario_text& scenario);

}  // namespace iorace
