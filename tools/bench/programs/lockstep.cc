// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One task counts to n in two variables by turns, another must not look at both between any two of
// its writes: one order of all.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct lockstep_world {
  std::uint32_t length;
  shared<std::uint32_t> x, y;
};
IORACE_DESCRIBE(lockstep_world, "lockstep", x, y);

void counter(lockstep_world* w) {
  for (std::uint32_t i = 1; i <= w->length; ++i) {
    set(w->x, i);
    set(w->y, i);
  }
}
void reader(lockstep_world* w) {
  std::uint32_t seen = 0;
  while (seen < w->length && get(w->x) == seen + 1 && get(w->y) == seen && get(w->y) == seen + 1)
    ++seen;
  BUG_ON(seen == w->length);
}

}  // namespace

known_bug lockstep(std::uint32_t n) {
  return {with_main<lockstep_world>([n](lockstep_world* w) { w->length = n; },
                                    [](lockstep_world* w) { run_all<counter, reader>(w); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
