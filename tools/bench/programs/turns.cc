// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// n tasks count on when it is their turn, which each tries four times, and must not all be lucky
// every time.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct turns_world {
  numbered<turns_world> players[numbers_max];
  std::uint32_t tasks;
  shared<std::uint32_t> count;
};
IORACE_DESCRIBE(turns_world, "turns", count);

void play(numbered<turns_world>* me) {
  turns_world* w = me->world;
  for (int i = 0; i < 4; ++i)
    if (const auto c = get(w->count); c % w->tasks == me->number) set(w->count, c + 1);
}

}  // namespace

known_bug turns(std::uint32_t n) {
  return {with_main<turns_world>(
              [n](turns_world* w) {
                w->tasks = n;
                number_all(w->players, w);
              },
              [n](turns_world* w) {
                run_each(n, [w](std::uint32_t i) { return start<play>(&w->players[i]); });
                BUG_ON(get(w->count) == 4 * n);
              }),
          "kernel-bug"};
}

}  // namespace iorace::bench
