// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Setters write a and then b; the checker, created last, must not see the one without the other.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct reorder_world {
  shared<int> a, b;
};
IORACE_DESCRIBE(reorder_world, "reorder", a, b);

void setter(reorder_world* w) {
  set(w->a, 1);
  set(w->b, -1);
}
void checker(reorder_world* w) {
  const bool fine = (get(w->a) == 0 && get(w->b) == 0) || (get(w->a) == 1 && get(w->b) == -1);
  BUG_ON(!fine);
}

}  // namespace

known_bug reorder(std::uint32_t n) {
  return {with_main<reorder_world>([](reorder_world*) {},
                                   [n](reorder_world* w) {
                                     run_each(n, [=](std::uint32_t i) {
                                       return i + 1 < n ? start<setter>(w) : start<checker>(w);
                                     });
                                   }),
          "kernel-bug"};
}

}  // namespace iorace::bench
