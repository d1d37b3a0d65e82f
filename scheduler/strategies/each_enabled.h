// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <bit>

#include "scheduler/strategies/strategy.h"

namespace iorace {

// Calls take(t) for each enabled task in the order of ids.
template <class Take>
void for_each_enabled(const choice_view& view, Take take) {
  for (unsigned w = 0; w < view.words; ++w)
    for (std::uint64_t bits = view.enabled[w]; bits != 0; bits &= bits - 1)
      take(static_cast<task_id>(w * 64 + static_cast<unsigned>(std::countr_zero(bits))));
}

// Who moves in the dullest schedule: the task that stopped here, else the enabled one with the
// lowest id.
inline task_id dullest(const choice_view& view) {
  if (view.current != no_task && view.is_enabled(view.current)) return view.current;
  unsigned w = 0;
  while (view.enabled[w] == 0) ++w;
  return static_cast<task_id>(w * 64 + static_cast<unsigned>(std::countr_zero(view.enabled[w])));
}

}  // namespace iorace
