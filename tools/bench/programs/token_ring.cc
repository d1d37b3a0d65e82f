// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Four tasks, created in order, copy each from its predecessor under a lock; the last look expects
// that the first two came in order and the third and fourth did not overtake.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr int tasks = 4;

struct token_world {
  mutex m;
  shared<int> x[tasks];
  shared<int> done[tasks];
};
IORACE_DESCRIBE(token_world, "token", m, x, done);

template <int I>
void copy(token_world* w) {
  mutex_lock(&w->m);
  const int before = get(w->x[(I + tasks - 1) % tasks]);
  set(w->x[I], (before + 1) % tasks);
  set(w->done[I], 1);
  mutex_unlock(&w->m);
}
void check(token_world* w) {
  mutex_lock(&w->m);
  bool all = true;
  for (int i = 0; i < tasks; ++i) all = all && get(w->done[i]) != 0;
  if (all) {
    const int a = get(w->x[0]);
    const int b = get(w->x[1]);
    const int c = get(w->x[2]);
    const int d = get(w->x[3]);
    BUG_ON(!(a == b && b == c && c == d));
  }
  mutex_unlock(&w->m);
}

}  // namespace

known_bug token_ring(std::uint32_t) {
  return {with_main<token_world>(
              [](token_world* w) { mutex_init(&w->m); },
              [](token_world* w) { run_all<copy<0>, copy<1>, copy<2>, copy<3>, check>(w); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
