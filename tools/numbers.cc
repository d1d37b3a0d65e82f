// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/numbers.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

#include "scheduler/record/scanner.h"

namespace iorace::cli {
namespace {

constexpr std::size_t sha1_digits = 40;
constexpr std::size_t sha256_digits = 64;
constexpr std::uint64_t duration_max_ms = 10'000ull * 3600 * 1000;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

}  // namespace

number<std::uint64_t> parse_count(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto value = number_from(text);
  if (!value) return value;
  if (*value < min || *value > max)
    return tl::unexpected(
        fmt::format("{} is out of range, expected {} to {}", iorace::quoted(text), min, max));
  return value;
}

number<std::uint64_t> parse_seed(std::string_view text) {
  if ((text.size() == sha1_digits || text.size() == sha256_digits) && is_hex(text)) {
    std::string digits(text);
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    return XXH3_64bits(digits.data(), digits.size());
  }
  const auto value = number_from(text);
  if (!value)
    return tl::unexpected(
        fmt::format("{}: expected a decimal number, 0x and up to 16 digits, or a "
                    "commit hash of 40 or 64 digits",
                    iorace::quoted(text)));
  return value;
}

number<seed_range> parse_seeds(std::string_view text) {
  const std::size_t dots = text.find("..");
  const bool many = dots != text.npos;
  const auto first = parse_seed(text.substr(0, dots));
  if (!first) return tl::unexpected(first.error());
  const auto last = many ? parse_seed(text.substr(dots + 2)) : first;
  if (!last) return tl::unexpected(last.error());
  if (*last < *first)
    return tl::unexpected(
        fmt::format("{}: expected FIRST..LAST with FIRST not above LAST", iorace::quoted(text)));
  return seed_range{*first, *last, many, std::string(text)};
}

number<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    std::uint64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"", 1000}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  for (const auto& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    const auto count = number_from(text.substr(0, digits));
    if (!count || *count == 0 || *count > duration_max_ms / unit.ms) break;
    return std::chrono::milliseconds(*count * unit.ms);
  }
  return tl::unexpected(
      fmt::format("{}: expected a duration above 0 and up to 10000h, such as 250ms, 10s, 5m or 1h",
                  iorace::quoted(text)));
}

}  // namespace iorace::cli
