// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the house style asks of the source tree and a machine can see. Every check is a pure
// function over one file's path and text; tidy_test.cc plants violations and then reads the tree.
// The checks are heuristics for code formatted by clang-format: they look at lines and words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iorace::tidy {

struct complaint {
  int line = 0;  // 0: the file as a whole
  std::string what;
};
using complaints = std::vector<complaint>;

// A file of the tree. `path` is relative to the root of the repository.
struct source {
  std::string_view path;
  std::string_view text;
};

complaints check_licence(const source&);      // the SPDX line, near the top
complaints check_lines(const source&);        // columns, blanks at the end, line ends, debts
complaints check_length(const source&);       // of the file and of its functions
complaints check_layers(const source&);       // who may include what
complaints check_determinism(const source&);  // banned words and mutable statics
complaints check_all(const source&);

// Whether `name` may lie at the top of the repository.
bool top_level_allowed(std::string_view name);

// The text without comments and, unless `keep_strings`, without what is between quotes. Line breaks
// stay where they are.
std::string code_of(std::string_view text, bool keep_strings = false);

std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace iorace::tidy
