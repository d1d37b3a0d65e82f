// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// n tasks borrow a node each from a lock-free stack of three, and bring it back: who looked at the
// top and what is below it before others borrowed both and brought back the first, puts a node that
// is lent on top.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr int nodes = 3;

struct aba_world {
  atomic_t top;  // the node's number, 0 for none
  shared<int> next[nodes + 1];
  shared<int> lent[nodes + 1];
};
IORACE_DESCRIBE(aba_world, "aba", top, next, lent);

int pop(aba_world* w) {
  for (;;) {
    const auto top = static_cast<int>(atomic_read(&w->top));
    if (top == 0) return 0;
    const int below = get(w->next[top]);
    if (atomic_cmpxchg(&w->top, top, below) == top) return top;
  }
}
void push(aba_world* w, int node) {
  for (;;) {
    const auto top = static_cast<int>(atomic_read(&w->top));
    set(w->next[node], top);
    if (atomic_cmpxchg(&w->top, top, node) == top) return;
  }
}
void borrow(aba_world* w) {
  const int node = pop(w);
  if (node == 0) return;
  BUG_ON(get(w->lent[node]) != 0);
  set(w->lent[node], 1);
  set(w->lent[node], 0);
  push(w, node);
}

}  // namespace

known_bug aba(std::uint32_t n) {
  return {with_main<aba_world>(
              [](aba_world* w) {
                w->top.counter = nodes;
                for (int i = 1; i <= nodes; ++i) w->next[i] = i - 1;
              },
              [n](aba_world* w) { run_each(n, [w](std::uint32_t) { return start<borrow>(w); }); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
