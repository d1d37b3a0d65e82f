// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two tasks count themselves in under a lock; the first in takes a second lock and the last out
// gives it back. Two more take that lock and then the first, the other way round.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct carter_world {
  mutex m, l;
  shared<int> a, b;
};
IORACE_DESCRIBE(carter_world, "carter", m, l, a, b);

void count_a(carter_world* w) {
  mutex_lock(&w->m);
  add(w->a, 1);
  if (get(w->a) == 1) mutex_lock(&w->l);
  mutex_unlock(&w->m);
  mutex_lock(&w->m);
  add(w->a, -1);
  if (get(w->a) == 0) mutex_unlock(&w->l);
  mutex_unlock(&w->m);
}
void count_b(carter_world* w) {
  mutex_lock(&w->m);
  add(w->b, 1);
  if (get(w->b) == 1) mutex_lock(&w->l);
  mutex_unlock(&w->m);
  mutex_lock(&w->m);
  add(w->b, -1);
  if (get(w->b) == 0) mutex_unlock(&w->l);
  mutex_unlock(&w->m);
}
void idle(carter_world*) {}

}  // namespace

known_bug carter01(std::uint32_t) {
  const auto init = [](carter_world* w) {
    mutex_init(&w->m);
    mutex_init(&w->l);
  };
  return {with_main<carter_world>(
              init, [](carter_world* w) { run_all<count_a, count_b, idle, idle>(w); }),
          "deadlock"};
}

}  // namespace iorace::bench
