// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The built-in scenarios: the traces of fuzz/scenarios/, embedded at build time.
#pragma once

#include <span>
#include <string_view>

namespace iorace {

struct scenario_text {
  std::string_view name;  // the file's, without .trace
  std::string_view text;
};

// All of them, in the order of their names.
std::span<const scenario_text> scenario_texts();

}  // namespace iorace
