// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each of n tasks goes if the one before it has gone. They are created last first, and must not all
// go: one order of the tasks.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct order_world {
  numbered<order_world> walkers[numbers_max];
  shared<std::uint32_t> gone;
};
IORACE_DESCRIBE(order_world, "order", gone);

void walk(numbered<order_world>* me) {
  if (get(me->world->gone) == me->number) set(me->world->gone, me->number + 1);
}

}  // namespace

known_bug order(std::uint32_t n) {
  return {with_main<order_world>([](order_world* w) { number_all(w->walkers, w); },
                                 [n](order_world* w) {
                                   task_id tasks[numbers_max];
                                   for (std::uint32_t i = n; i-- > 0;)
                                     tasks[i] = start<walk>(&w->walkers[i]);
                                   for (std::uint32_t i = 0; i < n; ++i) join_task(tasks[i]);
                                   BUG_ON(get(w->gone) == n);
                                 }),
          "kernel-bug"};
}

}  // namespace iorace::bench
