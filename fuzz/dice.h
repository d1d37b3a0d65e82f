// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Draws for mutators and menus: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) and a bounded draw by
// multiplication. The same seed gives the same draws with every compiler; not for schedules, whose
// draws are their strategy's.
#pragma once

#include <cstdint>
#include <span>

namespace iorace {

class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // Returns a number in [0, n). Requires: 0 < n < 2^32.
  std::uint32_t below(std::uint64_t n) {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }
  // Returns true once in n times.
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  // Requires: not empty.
  template <class Range>
  const auto& of(const Range& all) {
    return all[below(all.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace iorace
