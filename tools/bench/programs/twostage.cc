// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Writers make v2 follow v1, but under two locks and not in one critical section; the reader,
// created last, expects to see both or neither.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct twostage_world {
  mutex d1, d2;
  shared<int> v1, v2;
};
IORACE_DESCRIBE(twostage_world, "twostage", d1, d2, v1, v2);

void writer(twostage_world* w) {
  mutex_lock(&w->d1);
  set(w->v1, 1);
  mutex_unlock(&w->d1);
  mutex_lock(&w->d2);
  set(w->v2, get(w->v1) + 1);
  mutex_unlock(&w->d2);
}
void reader(twostage_world* w) {
  mutex_lock(&w->d1);
  if (get(w->v1) == 0) {
    mutex_unlock(&w->d1);
    return;
  }
  const int first = get(w->v1);
  mutex_unlock(&w->d1);
  mutex_lock(&w->d2);
  const int second = get(w->v2);
  mutex_unlock(&w->d2);
  BUG_ON(second != first + 1);
}

}  // namespace

known_bug twostage(std::uint32_t n) {
  n = n == 0 ? 2 : n;
  const auto init = [](twostage_world* w) {
    mutex_init(&w->d1);
    mutex_init(&w->d2);
  };
  return {with_main<twostage_world>(init,
                                    [n](twostage_world* w) {
                                      run_each(n, [=](std::uint32_t i) {
                                        return i + 1 < n ? start<writer>(w) : start<reader>(w);
                                      });
                                    }),
          "kernel-bug"};
}

}  // namespace iorace::bench
