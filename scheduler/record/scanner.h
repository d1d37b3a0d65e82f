// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What parsers of whole traces share: errors with a place, lines, and a cursor over one line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scheduler/record/text_error.h"

namespace iorace {

template <class T>
using parsed = tl::expected<T, text_error>;

// Something from the input as it may be shown: printable, quoted, at most 40 characters.
std::string quoted(std::string_view text);
// Levenshtein's: characters inserted, left out or replaced.
std::size_t edit_distance(std::string_view a, std::string_view b);
// "expected one of a, b, c", or "expected a": all if they are few, else those that look like
// `text`.
std::string expected_one_of(std::string_view text, std::span<const std::string_view> names);

struct text_line {
  unsigned number = 0;
  std::string_view text;     // without comment and blanks at its end
  std::string_view comment;  // without "#" and the blank after it
  bool has_comment = false;
};
// Cuts a file into lines. A comment is a '#' at the start of a line, or a '#' between blanks.
// Errors: a byte that is not printable ASCII, a carriage return, a last line without its end.
parsed<std::vector<text_line>> lines_of(std::string_view file);

// A cursor over one line. The text must outlive it.
class scanner {
 public:
  explicit scanner(const text_line& line) : text_(line.text), line_(line.number) {}

  void skip_blanks() {
    while (next_ < text_.size() && text_[next_] == ' ') ++next_;
  }
  bool at_end() {
    skip_blanks();
    return next_ == text_.size();
  }
  // Takes `c`, after blanks, if it comes next.
  bool take(char c);
  // Takes the longest run of letters, digits and any of `also`; may be empty.
  std::string_view word(std::string_view also = "_");
  // Takes what comes up to (not including) one of `stops` or the end, without blanks around it.
  std::string_view until(std::string_view stops);
  std::string_view rest();
  // Goes back to (or on to) a place that mark() returned.
  std::size_t mark() {
    skip_blanks();
    return next_;
  }
  void reset(std::size_t to) { next_ = to; }

  unsigned line() const { return line_; }
  tl::unexpected<text_error> error(std::size_t at, std::string what) const;
  tl::unexpected<text_error> error_here(std::string what) { return error(mark(), std::move(what)); }
  // "unexpected 'rest', expected `what`".
  tl::unexpected<text_error> wanted(std::string_view what);

 private:
  std::string_view text_;
  std::size_t next_ = 0;
  unsigned line_;
};

// Reads a whole word as a number, decimal or 0x hexadecimal. Errors say what is wrong with it
// ("'x' is not a number", "does not fit in 64 bits").
tl::expected<std::uint64_t, std::string> number_from(std::string_view word);

}  // namespace iorace
