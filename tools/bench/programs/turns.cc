// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// n tasks count on when it is their turn, which each tries four times, and must not all be lucky
// every time.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr std::uint32_t players_max = 200;

struct turns_world;
struct player {
  turns_world* world;
  std::uint32_t number;
};
struct turns_world {
  player players[players_max];
  std::uint32_t tasks;
  shared<std::uint32_t> count;
};
IORACE_DESCRIBE(turns_world, "turns", count);

void play(player* me) {
  turns_world* w = me->world;
  for (int i = 0; i < 4; ++i)
    if (const auto c = get(w->count); c % w->tasks == me->number) set(w->count, c + 1);
}

}  // namespace

known_bug turns(std::uint32_t n) {
  return {with_main<turns_world>(
              [n](turns_world* w) {
                w->tasks = n;
                for (std::uint32_t i = 0; i < players_max; ++i) w->players[i] = {w, i};
              },
              [n](turns_world* w) {
                task_id tasks[players_max];
                for (std::uint32_t i = 0; i < n; ++i) tasks[i] = start<play>(&w->players[i]);
                for (std::uint32_t i = 0; i < n; ++i) join_task(tasks[i]);
                BUG_ON(get(w->count) == 4 * n);
              }),
          "kernel-bug"};
}

}  // namespace iorace::bench
