// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One task adds under a lock and expects that nobody else did; the others use another lock.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct wronglock_world {
  mutex data_lock, this_lock;
  shared<int> v;
};
IORACE_DESCRIBE(wronglock_world, "wronglock", data_lock, this_lock, v);

void rightly(wronglock_world* w) {
  mutex_lock(&w->data_lock);
  const int x = get(w->v);
  add(w->v, 1);
  BUG_ON(get(w->v) != x + 1);
  mutex_unlock(&w->data_lock);
}
void wrongly(wronglock_world* w) {
  mutex_lock(&w->this_lock);
  add(w->v, 1);
  mutex_unlock(&w->this_lock);
}

}  // namespace

known_bug wronglock(std::uint32_t n) {
  n = n == 0 ? 8 : n;
  const auto init = [](wronglock_world* w) {
    mutex_init(&w->data_lock);
    mutex_init(&w->this_lock);
  };
  return {with_main<wronglock_world>(init,
                                     [n](wronglock_world* w) {
                                       run_each(n, [=](std::uint32_t i) {
                                         return i == 0 ? start<rightly>(w) : start<wrongly>(w);
                                       });
                                     }),
          "kernel-bug"};
}

}  // namespace iorace::bench
