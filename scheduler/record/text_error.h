// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What is wrong with a text that a person may have written, and where.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace iorace {

// `line` and `column` count from 1, columns in bytes. `what` says what was found and what was
// expected, without a full stop and without the position.
struct text_error {
  unsigned line = 1;
  unsigned column = 1;
  std::string what;

  // Returns "a.trace:31:6: unknown operation 'dwn_read', expected one of ...".
  std::string in(std::string_view file) const {
    return fmt::format("{}:{}:{}: {}", file, line, column, what);
  }
  bool operator==(const text_error&) const = default;
};

}  // namespace iorace
