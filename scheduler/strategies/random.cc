// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/random.h"

#include <bit>

namespace iorace {

task_id nth_enabled_of_many(const choice_view& view, unsigned k) {
  for (unsigned w = 0;; ++w) {
    std::uint64_t word = view.enabled[w];
    if (view.words > 1) {
      const auto here = static_cast<unsigned>(std::popcount(word));
      if (k >= here) {
        k -= here;
        continue;
      }
    }
    for (; k != 0; --k) word &= word - 1;
    return static_cast<task_id>(w * 64 + lowest_bit(word));
  }
}

void random_strategy::begin(const execution_options& o) {
  random_.start(execution_seed(o.seed, o.number));
}

task_id random_strategy::pick(const choice_view& view) {
  return nth_enabled(view, view.enabled_count == 1 ? 0 : random_.below(view.enabled_count));
}

std::uint32_t random_strategy::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(random_, n, kind);
}

}  // namespace iorace
