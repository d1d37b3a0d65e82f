// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Vyukov's SafeStack: a stack of cells in an array, which three tasks push and pop without a lock.
// Two tasks can come to own one cell, by a rare interleaving of at least five switches. A task that
// finds too few cells tries again, so an execution may spin until its bound on points.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr int cells = 3;

struct safestack_world {
  atomic_t head, count;
  atomic_t next[cells];
  shared<int> value[cells];
};
IORACE_DESCRIBE(safestack_world, "stack", head, count, next, value);

int pop(safestack_world* w) {
  while (atomic_read(&w->count) > 1) {
    const std::int64_t head = atomic_read(&w->head);
    const std::int64_t next = atomic_xchg(&w->next[head], -1);
    if (next < 0) continue;
    if (atomic_cmpxchg(&w->head, head, next) == head) {
      atomic_dec_return(&w->count);
      return static_cast<int>(head);
    }
    atomic_xchg(&w->next[head], next);
  }
  return -1;
}
void push(safestack_world* w, int cell) {
  std::int64_t head = atomic_read(&w->head);
  for (;;) {
    atomic_set(&w->next[cell], head);
    const std::int64_t found = atomic_cmpxchg(&w->head, head, cell);
    if (found == head) break;
    head = found;
  }
  atomic_inc_return(&w->count);
}
template <int Id>
void twice(safestack_world* w) {
  for (int round = 0; round < 2; ++round) {
    int cell = -1;
    while (cell < 0) cell = pop(w);
    set(w->value[cell], Id);
    BUG_ON(get(w->value[cell]) != Id);
    push(w, cell);
  }
}

}  // namespace

known_bug safestack(std::uint32_t) {
  const auto init = [](safestack_world* w) {
    w->count.counter = cells;
    for (int i = 0; i < cells; ++i) w->next[i].counter = i + 1 < cells ? i + 1 : -1;
  };
  return {with_main<safestack_world>(
              init, [](safestack_world* w) { run_all<twice<0>, twice<1>, twice<2>>(w); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
