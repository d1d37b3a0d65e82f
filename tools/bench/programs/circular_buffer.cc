// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A ring between one sender and one receiver, without a lock: the receiver looks at the index of
// the sender, who advances it before it writes.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr std::uint32_t ring = 16;

struct ring_world {
  mutex m;
  shared<int> slot[ring];
  shared<std::uint32_t> first, next;
  shared<int> sending, receiving;
};
IORACE_DESCRIBE(ring_world, "ring", m, slot, first, next, sending, receiving);

void insert(ring_world* w, int v) {
  const std::uint32_t at = get(w->next);
  set(w->next, (at + 1) % ring);
  set(w->slot[at], v);
}
int take(ring_world* w) {
  const std::uint32_t at = get(w->first);
  if (at == get(w->next)) return -1;
  set(w->first, (at + 1) % ring);
  return get(w->slot[at]);
}

}  // namespace

known_bug circular_buffer(std::uint32_t n) {
  program p = with_main<ring_world>([](ring_world* w) { mutex_init(&w->m); }, [](ring_world*) {});
  p.bodies.clear();
  p.cpu([n](void* world) {
    auto* w = static_cast<ring_world*>(world);
    for (std::uint32_t i = 1; i <= n; ++i) {
      mutex_lock(&w->m);
      insert(w, static_cast<int>(i));
      mutex_unlock(&w->m);
    }
  });
  p.cpu([n](void* world) {
    auto* w = static_cast<ring_world*>(world);
    int expected = 1;
    for (std::uint32_t i = 0; i < n; ++i) {
      const int v = take(w);
      if (v == -1) continue;
      BUG_ON(v != expected);
      ++expected;
    }
  });
  return {std::move(p), "kernel-bug"};
}

}  // namespace iorace::bench
