// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The generator behind every random decision: xoshiro256** (Blackman and Vigna, "Scrambled linear
// pseudorandom number generators", ACM TOMS 2021), its state filled by splitmix64. Ours, and not
// the standard library's, because the same seed has to give the same executions with every
// compiler.
#pragma once

#include <cstdint>

namespace iorace {

// Returns the next number of the splitmix64 sequence at `state`, and advances it.
constexpr std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Returns the seed of execution `number` of the run with `seed`: neighbours have nothing in common.
constexpr std::uint64_t execution_seed(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t state = seed;
  state = splitmix(state) ^ (number * 0xd1342543de82ef95);
  return splitmix(state);
}

class rng {
 public:
  explicit constexpr rng(std::uint64_t seed) { start(seed); }
  constexpr void start(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotated(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotated(state_[3], 45);
    return result;
  }
  // Returns a number in [0, n), each equally likely but for 1 part in 2^32 / n: a multiplication
  // instead of a loop, so that every draw costs one number. Requires: n > 0.
  constexpr std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

 private:
  static constexpr std::uint64_t rotated(std::uint64_t x, unsigned by) {
    return (x << by) | (x >> (64 - by));
  }
  std::uint64_t state_[4]{};
};

}  // namespace iorace
