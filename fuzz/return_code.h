// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Return codes as text: "0", "-ENOENT", "5"; those that have no name are numbers.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace iorace {

std::string code_text(long code);
// Errors are one line: what is wrong with the word and what was expected.
tl::expected<long, std::string> code_from(std::string_view word);

}  // namespace iorace
