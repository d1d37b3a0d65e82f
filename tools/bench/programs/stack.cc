// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// n pushes and n pops under a lock; the popping task believes a flag, which says that something was
// pushed once and not that something is left.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct stack_world {
  mutex m;
  shared<int> flag, top;
};
IORACE_DESCRIBE(stack_world, "stack", m, flag, top);

}  // namespace

known_bug stack(std::uint32_t n) {
  program p =
      with_main<stack_world>([](stack_world* w) { mutex_init(&w->m); }, [](stack_world*) {});
  p.bodies.clear();
  p.cpu([n](void* world) {
    auto* w = static_cast<stack_world*>(world);
    for (std::uint32_t i = 0; i < n; ++i) {
      mutex_lock(&w->m);
      add(w->top, 1);
      set(w->flag, 1);
      mutex_unlock(&w->m);
    }
  });
  p.cpu([n](void* world) {
    auto* w = static_cast<stack_world*>(world);
    for (std::uint32_t i = 0; i < n; ++i) {
      mutex_lock(&w->m);
      if (get(w->flag) != 0) {
        BUG_ON(get(w->top) == 0);
        add(w->top, -1);
      }
      mutex_unlock(&w->m);
    }
  });
  return {std::move(p), "kernel-bug"};
}

}  // namespace iorace::bench
