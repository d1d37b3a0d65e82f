// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/round_robin.h"

namespace iorace {

void round_robin::begin(const execution_options& o) {
  number_ = o.number;
  turn_ = 1 + static_cast<unsigned>(o.number % 64);
  left_ = 0;
  last_ = no_task;
}

task_id round_robin::pick(const choice_view& view) {
  if (left_ > 0 && view.is_enabled(last_)) {
    --left_;
    return last_;
  }
  unsigned t = last_ != no_task ? last_ : static_cast<unsigned>(number_ % (view.tasks - 1));
  do t = t + 1 < view.tasks ? t + 1 : 1;
  while (!view.is_enabled(static_cast<task_id>(t)));
  left_ = turn_ - 1;
  return last_ = static_cast<task_id>(t);
}

std::uint32_t round_robin::draw(task_id, const char*, std::uint32_t, draw_kind) { return 0; }

}  // namespace iorace
