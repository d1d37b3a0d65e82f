// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One task counts to n, another looks n times and must not see every number: one order of all.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct chain_world {
  std::uint32_t length;
  shared<std::uint32_t> x;
};
IORACE_DESCRIBE(chain_world, "chain", x);

void counter(chain_world* w) {
  for (std::uint32_t i = 1; i <= w->length; ++i) set(w->x, i);
}
void reader(chain_world* w) {
  std::uint32_t seen = 0;
  while (seen < w->length && get(w->x) == seen + 1) ++seen;
  BUG_ON(seen == w->length);
}

}  // namespace

known_bug chain(std::uint32_t n) {
  return {with_main<chain_world>([n](chain_world* w) { w->length = n; },
                                 [](chain_world* w) { run_all<counter, reader>(w); }),
          "kernel-bug"};
}

}  // namespace iorace::bench
