// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each philosopher takes the left fork, then the right one: a deadlock once all have the left.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

constexpr std::uint32_t forks_max = 200;

struct table_world {
  mutex fork[forks_max];
};
IORACE_DESCRIBE(table_world, "table", fork);

}  // namespace

known_bug philosophers(std::uint32_t n) {
  program p = with_main<table_world>(
      [n](table_world* w) {
        for (std::uint32_t i = 0; i < n; ++i) mutex_init(&w->fork[i]);
      },
      [](table_world*) {});
  p.bodies.clear();
  for (std::uint32_t i = 0; i < n; ++i)
    p.cpu([i, n](void* world) {
      auto* w = static_cast<table_world*>(world);
      mutex_lock(&w->fork[i]);
      mutex_lock(&w->fork[(i + 1) % n]);
      mutex_unlock(&w->fork[(i + 1) % n]);
      mutex_unlock(&w->fork[i]);
    });
  return {std::move(p), "deadlock"};
}

}  // namespace iorace::bench
