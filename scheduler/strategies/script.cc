// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/script.h"

#include "scheduler/engine/check.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {

task_id script::pick(const choice_view& view) {
  const task_id t = moved_ < picks_.size() ? picks_[moved_++] : dullest(view);
  CHECK(view.is_enabled(t), "a script met a program that is not the one it was written for");
  return t;
}

std::uint32_t script::draw(task_id, const char*, std::uint32_t n, draw_kind) {
  const std::uint32_t answer = drawn_ < numbers_.size() ? numbers_[drawn_++] : 0;
  CHECK(answer < n, "a script met a program that is not the one it was written for");
  return answer;
}

}  // namespace iorace
