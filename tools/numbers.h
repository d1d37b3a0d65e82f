// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Numbers as people type them: seeds, counts, durations. Errors say what was found and what was
// expected; the caller says of which option.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace iorace::cli {

template <class T>
using number = tl::expected<T, std::string>;

// Decimal or 0x hexadecimal, within [min, max].
number<std::uint64_t> parse_count(std::string_view text, std::uint64_t min, std::uint64_t max);

// A seed: decimal, 0x and up to 16 digits, or a commit hash: 40 or 64 hex digits, hashed to 64
// bits.
number<std::uint64_t> parse_seed(std::string_view text);

// The seeds of "N" or "FIRST..LAST", both ends included.
struct seed_range {
  std::uint64_t first, last;
  bool many;         // written as a range
  std::string text;  // as typed: what repeats the run
};
number<seed_range> parse_seeds(std::string_view text);

// "10s", "5m", "1h", "250ms"; a number alone is seconds. Longer than nothing, at most 10,000 hours.
number<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace iorace::cli
