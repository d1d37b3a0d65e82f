// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of strategies: straight-line tasks without an engine. No task ever blocks.
#pragma once

#include <vector>

#include "scheduler/strategies/strategy.h"

namespace iorace {

using toy_tasks = std::vector<std::vector<pending_op>>;

// n tasks of k writes each, every one to a place of its own.
inline toy_tasks toy(unsigned n, unsigned k) {
  static char places[1 << 16];
  toy_tasks tasks(n);
  unsigned next = 0;
  for (auto& ops : tasks)
    for (unsigned i = 0; i < k; ++i)
      ops.push_back({.place = &places[next],
                     .field = static_cast<std::uint16_t>(++next),
                     .kind = op_kind::write_once});
  return tasks;
}

// Returns who ran at each point when `s` decides.
inline std::vector<task_id> toy_run(strategy& s, const toy_tasks& tasks,
                                    const execution_options& o) {
  std::vector<task_id> order;
  std::vector<pending_op> pending(tasks.size() + 1);
  std::vector<std::size_t> at(tasks.size() + 1, 0);
  std::uint64_t enabled[4] = {};
  task_id current = no_task;
  s.begin(o);
  for (;;) {
    unsigned count = 0;
    for (unsigned t = 1; t <= tasks.size(); ++t) {
      const bool more = at[t] < tasks[t - 1].size();
      const std::uint64_t bit = std::uint64_t{1} << (t % 64);
      enabled[t / 64] = more ? enabled[t / 64] | bit : enabled[t / 64] & ~bit;
      if (more) pending[t] = tasks[t - 1][at[t]], ++count;
    }
    if (count == 0) return order;
    const choice_view view{.pending = pending.data(),
                           .enabled = enabled,
                           .words = 4,
                           .enabled_count = count,
                           .tasks = static_cast<unsigned>(tasks.size() + 1),
                           .current = current,
                           .point = static_cast<std::uint32_t>(order.size())};
    const task_id t = s.pick(view);
    order.push_back(t);
    current = ++at[t] < tasks[t - 1].size() ? t : no_task;
  }
}

}  // namespace iorace
