// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Text that programs write for programs: lines of a key and numbers, or a key and words. People can
// read and compare it; what is wrong with it is an error with a place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "scheduler/record/text_error.h"

namespace iorace {

class ledger_writer {
 public:
  // Begins a line.
  ledger_writer& line(std::string_view key);
  // Adds to it: a number, decimal; a hash, hexadecimal; whatever text, up to the end of the line.
  ledger_writer& count(std::uint64_t n) { return number(n, 10); }
  ledger_writer& hash(std::uint64_t n) { return number(n, 16); }
  ledger_writer& words(std::string_view text);
  // Returns all lines.
  std::string take() { return std::move(text_.empty() ? text_ : text_ += '\n'); }

 private:
  ledger_writer& number(std::uint64_t n, int base);
  std::string text_;
};

// Reads in the order of writing. After the first error everything reads as 0 or empty, so that only
// loops need to ask.
class ledger_reader {
 public:
  // `text` outlives this object; its first line has that number.
  explicit ledger_reader(std::string_view text, unsigned first_line = 1)
      : text_(text), line_(first_line - 1) {}

  // Goes on to the next line, which has to begin with `key`.
  ledger_reader& line(std::string_view key);
  // Reads a number up to `max`.
  std::uint64_t count(std::uint64_t max = ~std::uint64_t{0}) { return number(10, max); }
  std::uint64_t hash() { return number(16, ~std::uint64_t{0}); }
  bool flag() { return count(1) != 0; }
  std::string words();

  bool ok() const { return error_.has_value(); }
  // Complains of the current line.
  void fail(std::string what);
  // What is wrong, if anything is. Whatever is left over is.
  tl::expected<void, text_error> finish();
  // The text from the next line on, with the number of that line.
  std::string_view rest() const { return text_; }
  unsigned next_line() const { return line_ + 1; }

 private:
  std::uint64_t number(int base, std::uint64_t max);
  void end_line();

  std::string_view text_, now_;  // what follows; what is left of the current line
  unsigned line_;
  std::size_t width_ = 0;  // of the current line
  tl::expected<void, text_error> error_;
};

}  // namespace iorace
