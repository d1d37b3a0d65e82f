// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <array>

#include "scheduler/strategies/strategy.h"

namespace iorace {

// Which bit is the lowest that is set. Requires: one is; std::countr_zero would look.
inline unsigned lowest_bit(std::uint64_t bits) {
  return static_cast<unsigned>(__builtin_ctzll(bits));
}

// How many bits are set; std::popcount is a call where the instruction is not sure to be there.
inline unsigned bits_of(std::uint64_t word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<unsigned>(word * 0x0101010101010101 >> 56);
}

// Which bit is number `k` of those that are set. Requires: there are more than `k`.
inline unsigned nth_bit(std::uint64_t bits, unsigned k) {
  for (; k > 3; --k) bits &= bits - 1;
  // Without a branch: whether one more bit goes is what no processor can predict.
  for (unsigned i = 0; i < 3; ++i) bits = i < k ? bits & (bits - 1) : bits;
  return lowest_bit(bits);
}

// Returns task number `k`, in the order of ids, of those whose bits are set in word(0) ... up to
// word(words - 1). Requires: there are more than `k`.
template <class Word>
task_id nth_task(unsigned k, unsigned words, Word word) {
  unsigned w = 0;
  for (unsigned here; w + 1 < words && k >= (here = bits_of(word(w))); ++w) k -= here;
  return static_cast<task_id>(w * 64 + nth_bit(word(w), k));
}
// The enabled task number `k`. Requires: k < view.enabled_count.
inline task_id nth_enabled(const choice_view& view, unsigned k) {
  return nth_task(k, view.words, [&](unsigned w) { return view.enabled[w]; });
}

// Calls take(t) for each enabled task in the order of ids.
template <class Take>
void for_each_enabled(const choice_view& view, Take take) {
  for (unsigned w = 0; w < view.words; ++w)
    for (std::uint64_t bits = view.enabled[w]; bits != 0; bits &= bits - 1)
      take(static_cast<task_id>(w * 64 + lowest_bit(bits)));
}

// Returns the enabled task for which priority(t), a std::uint64_t, is highest; of equals the one
// with the lowest id.
template <class Priority>
task_id highest_enabled(const choice_view& view, Priority priority) {
  task_id best = no_task;
  std::uint64_t highest = 0;
  for_each_enabled(view, [&](task_id t) {
    const std::uint64_t p = priority(t);
    if (best == no_task || p > highest) best = t, highest = p;
  });
  return best;
}

// The enabled task with the lowest id.
inline task_id lowest_enabled(const choice_view& view) {
  unsigned w = 0;
  while (view.enabled[w] == 0) ++w;
  return static_cast<task_id>(w * 64 + lowest_bit(view.enabled[w]));
}

// Who moves in the dullest schedule: the task that stopped here, else the enabled one with the
// lowest id.
inline task_id dullest(const choice_view& view) {
  if (view.current != no_task && view.is_enabled(view.current)) return view.current;
  return lowest_enabled(view);
}

// Tasks as the bits of choice_view::enabled.
struct task_set {
  std::array<std::uint64_t, 4> words{};

  bool has(task_id t) const { return (words[t / 64] >> (t % 64) & 1) != 0; }
  void set(task_id t, bool on) {
    const std::uint64_t bit = std::uint64_t{1} << (t % 64);
    words[t / 64] = on ? words[t / 64] | bit : words[t / 64] & ~bit;
  }
};

}  // namespace iorace
