// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two tasks add 1 and 2 under a lock; a third expects that not both have been before it.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct lazy_world {
  mutex m;
  shared<int> data;
};
IORACE_DESCRIBE(lazy_world, "lazy", m, data);

template <int N>
void add_n(lazy_world* w) {
  mutex_lock(&w->m);
  add(w->data, N);
  mutex_unlock(&w->m);
}
void expect(lazy_world* w) {
  mutex_lock(&w->m);
  BUG_ON(get(w->data) >= 3);
  mutex_unlock(&w->m);
}

}  // namespace

known_bug lazy01(std::uint32_t) {
  return {with_main<lazy_world>([](lazy_world* w) { mutex_init(&w->m); },
                                [](lazy_world* w) { run_all<add_n<1>, add_n<2>, expect>(w); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
