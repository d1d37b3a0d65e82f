// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two tasks take two locks in opposite orders.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct deadlock_world {
  mutex a, b;
  shared<int> counter;
};
IORACE_DESCRIBE(deadlock_world, "deadlock", a, b, counter);

void up(deadlock_world* w) {
  mutex_lock(&w->a);
  mutex_lock(&w->b);
  add(w->counter, 1);
  mutex_unlock(&w->b);
  mutex_unlock(&w->a);
}
void down(deadlock_world* w) {
  mutex_lock(&w->b);
  mutex_lock(&w->a);
  add(w->counter, -1);
  mutex_unlock(&w->a);
  mutex_unlock(&w->b);
}

}  // namespace

known_bug deadlock01(std::uint32_t) {
  const auto init = [](deadlock_world* w) {
    mutex_init(&w->a);
    mutex_init(&w->b);
  };
  return {with_main<deadlock_world>(init, [](deadlock_world* w) { run_all<up, down>(w); }),
          "deadlock"};
}

}  // namespace iorace::bench
