// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/scanner.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace iorace {
namespace {

constexpr std::size_t shown_max = 40;
constexpr std::size_t names_max = 10;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Position of the '#' that begins a comment.
std::size_t comment_start(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first != line.npos && line[first] == '#') return first;
  for (std::size_t at = line.find(" #"); at != line.npos; at = line.find(" #", at + 1))
    if (at + 2 == line.size() || line[at + 2] == ' ') return at + 1;
  return line.npos;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, shown_max))
    if (c >= ' ' && c <= '~')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out + (text.size() > shown_max ? "...'" : "'");
}

std::string expected_one_of(std::string_view text, std::span<const std::string_view> names) {
  if (names.empty()) return "expected nothing: there is none";
  if (names.size() == 1) return fmt::format("expected {}", names[0]);
  std::vector<std::string_view> shown(names.begin(), names.end());
  if (shown.size() <= names_max) return fmt::format("expected one of {}", fmt::join(shown, ", "));
  const std::string_view start = text.substr(0, shown_max);
  std::sort(shown.begin(), shown.end(), [&](std::string_view a, std::string_view b) {
    const std::size_t x = edit_distance(start, a), y = edit_distance(start, b);
    return x != y ? x < y : a < b;
  });
  shown.resize(5);
  return fmt::format("expected one of {} names like {}", names.size(), fmt::join(shown, ", "));
}

parsed<std::vector<text_line>> lines_of(std::string_view file) {
  std::vector<text_line> lines;
  const auto bad = [&](std::size_t column, std::string what) {
    return tl::unexpected(text_error{static_cast<unsigned>(lines.size() + 1),
                                     static_cast<unsigned>(column + 1), std::move(what)});
  };
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    const std::string_view line = file.substr(0, end);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\r')
        return bad(i, "carriage return, expected lines that end with a line feed alone");
      if (line[i] < ' ' || line[i] > '~')
        return bad(i, fmt::format("byte 0x{:02x}, expected printable ASCII",
                                  static_cast<unsigned char>(line[i])));
    }
    if (end == file.npos)
      return bad(line.size(),
                 "the file ends within a line, expected a line feed (is it truncated?)");
    text_line& l = lines.emplace_back();
    l.number = static_cast<unsigned>(lines.size());
    const std::size_t comment = comment_start(line);
    l.has_comment = comment != line.npos;
    if (l.has_comment) {
      l.comment = line.substr(comment + 1);
      if (l.comment.starts_with(' ')) l.comment.remove_prefix(1);
    }
    l.text = line.substr(0, comment);
    l.text = l.text.substr(0, l.text.find_last_not_of(' ') + 1);
    file.remove_prefix(end + 1);
  }
  return lines;
}

bool scanner::take(char c) {
  skip_blanks();
  if (next_ == text_.size() || text_[next_] != c) return false;
  ++next_;
  return true;
}

std::string_view scanner::word(std::string_view also) {
  skip_blanks();
  const std::size_t start = next_;
  while (next_ < text_.size() && (is_word(text_[next_]) || also.find(text_[next_]) != also.npos))
    ++next_;
  return text_.substr(start, next_ - start);
}

std::string_view scanner::until(std::string_view stops) {
  const std::size_t end = std::min(text_.find_first_of(stops, next_), text_.size());
  const std::string_view taken = text_.substr(next_, end - next_);
  next_ = end;
  return trim(taken);
}

std::string_view scanner::rest() {
  const std::string_view taken = trim(text_.substr(next_));
  next_ = text_.size();
  return taken;
}

tl::unexpected<text_error> scanner::error(std::size_t at, std::string what) const {
  return tl::unexpected(text_error{line_, static_cast<unsigned>(at + 1), std::move(what)});
}

tl::unexpected<text_error> scanner::wanted(std::string_view what) {
  const std::size_t at = mark();
  if (at == text_.size()) return error(at, fmt::format("the line ends, expected {}", what));
  return error(at, fmt::format("unexpected {}, expected {}", quoted(text_.substr(at)), what));
}

tl::expected<std::uint64_t, std::string> number_from(std::string_view word) {
  const bool hex = word.starts_with("0x");
  const std::string_view digits = hex ? word.substr(2) : word;
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, hex ? 16 : 10);
  if (error == std::errc::result_out_of_range && stop == end)
    return tl::unexpected(fmt::format(
        "{} does not fit in 64 bits, expected at most 0xffffffffffffffff", quoted(word)));
  if (error != std::errc{} || stop != end)
    return tl::unexpected(
        fmt::format("{} is not a number, expected decimal or 0x hexadecimal", quoted(word)));
  return value;
}

}  // namespace iorace
