// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A line of text as words with their columns: what the parsers of this folder share.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace iorace {

struct word {
  std::string_view text;
  unsigned column;  // of its first byte, from 1
};

inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Returns the words of `line`, separated by blanks. A word that starts with '#' and not with '#'
// and a digit begins a comment, which is left out. The views live as long as `line`.
inline std::vector<word> words_of(std::string_view line) {
  std::vector<word> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    if (line[at] == '#' && (at + 1 == line.size() || !is_digit(line[at + 1]))) break;
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    words.push_back({line.substr(at, end - at), static_cast<unsigned>(at + 1)});
    at = end;
  }
  return words;
}

// Returns the decimal number that is all of `text`; nothing if it is none or does not fit.
template <class T>
std::optional<T> decimal(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// Calls f(line, number) for each line of `text`, numbered from `first`, until it returns false.
template <class F>
void for_each_line(std::string_view text, unsigned first, F f) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!f(text.substr(0, end), first++) || end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace iorace
