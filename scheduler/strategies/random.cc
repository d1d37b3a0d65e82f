// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/random.h"

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {

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
