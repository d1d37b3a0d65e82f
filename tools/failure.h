// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How the program ends: exit statuses, and failures as values. A failure is one line that says what
// is wrong and what was expected; it is printed once, by main, behind "iorace: " unless it names a
// place in a file.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace iorace::cli {

enum exit_status : int {
  exit_ok = 0,       // nothing found; same or drifted
  exit_finding = 1,  // a finding; changed
  exit_usage = 2,    // usage, unreadable, malformed
  exit_lost = 3,     // lost, nondeterministic; drifted with --strict
  exit_partial = 4,  // verify ended before it was complete and found nothing
  exit_interrupted = 130,
};

struct failure {
  std::string text;
  bool located = false;  // the text starts with file:line:column
};

template <class T>
using result = tl::expected<T, failure>;

inline tl::unexpected<failure> fail(std::string text) {
  return tl::unexpected(failure{std::move(text)});
}
inline tl::unexpected<failure> fail_at(std::string text) {
  return tl::unexpected(failure{std::move(text), true});
}

}  // namespace iorace::cli
