// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One line of text that owns nothing. A conviction abandons the fiber that it is made on, and with
// it every temporary of the expression that words it: a std::string there would leak, a line
// cannot.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace iorace {

class line {
 public:
  line() = default;
  line(const char* text) { add(text); }
  line(std::string_view text) { add(text); }
  line(const std::string& text) { add(text); }
  line(std::string&&) = delete;
  explicit line(std::uint64_t number) {
    char digits[20];
    add({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
  }

  std::string_view view() const { return {text_, size_}; }
  friend line operator+(line a, const line& b) {
    a.add(b.view());
    return a;
  }

 private:
  // What does not fit is left out.
  void add(std::string_view text) {
    const std::size_t n = std::min(text.size(), sizeof text_ - size_);
    std::memcpy(text_ + size_, text.data(), n);
    size_ += n;
  }
  std::size_t size_ = 0;
  char text_[376];
};

}  // namespace iorace
