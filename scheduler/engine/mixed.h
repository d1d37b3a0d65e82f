// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <cstdint>

namespace iorace {

// Returns a hash of both; neighbours have nothing in common.
constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t h = (a ^ (b + 0x9e3779b97f4a7c15)) * 0xbf58476d1ce4e5b9;
  h ^= h >> 29;
  h *= 0x94d049bb133111eb;
  return h ^ (h >> 32);
}

}  // namespace iorace
