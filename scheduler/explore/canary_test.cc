// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The canary: one planted bug that every strategy finds within a stated number of executions. Where
// one does not, the tool is broken, whatever else is green.
#include <gtest/gtest.h>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/sample.h"
#include "scheduler/sync/mutex.h"

namespace iorace::this_file {
namespace {

struct ledger {
  mutex lock;
  shared<int> sum;
  shared<int> entries;
};
IORACE_DESCRIBE(ledger, "ledger", lock, sum, entries);

// Adds to the sum under the lock, but reads it before: one of two updates may get lost.
void enter(ledger* l) {
  KFUNC();
  const int before = READ_ONCE(l->sum);
  mutex_lock(&l->lock);
  WRITE_ONCE(l->sum, before + 1);
  l->entries++;
  mutex_unlock(&l->lock);
}
void enter_soundly(ledger* l) {
  KFUNC();
  mutex_lock(&l->lock);
  const int before = READ_ONCE(l->sum);
  WRITE_ONCE(l->sum, before + 1);
  l->entries++;
  mutex_unlock(&l->lock);
}

program ledger_program(void (*body)(ledger*)) {
  program p;
  p.setup = [] {
    auto* l = make<ledger>();
    mutex_init(&l->lock);
    return static_cast<void*>(l);
  };
  for (int i = 0; i < 2; ++i) p.cpu([body](void* l) { body(static_cast<ledger*>(l)); });
  p.check = [](void* world) {
    KFUNC();
    auto* l = static_cast<ledger*>(world);
    BUG_ON(l->sum != l->entries);
  };
  return p;
}

struct bird {
  const char* strategy;
  std::uint64_t within;  // executions, for every seed
};

// An engine is dear where a sanitizer watches its memory.
constexpr std::uint64_t seeds = in_this_build(100, 5);

TEST(canary_strategies, each_finds_the_lost_update) {
  for (const bird& b :
       {bird{"round-robin", 1}, bird{"random", 40}, bird{"pct:2", 100}, bird{"pct:3", 100},
        bird{"pos", 40}, bird{"pct-fair:3", 100}, bird{"pb:2", 100}, bird{"urw", 40},
        bird{"surw", 40}, bird{"feedback", 60}, bird{"frontier", 60}, bird{"portfolio", 60}}) {
    std::uint64_t worst = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      sample_options o;
      o.strategy = b.strategy;
      o.executions_max = b.within;
      o.each.seed = seed;
      const sample_result r = sample(ledger_program(enter), o);
      ASSERT_EQ(r.findings.size(), 1u) << b.strategy << ", seed " << seed;
      EXPECT_EQ(r.findings[0].what.name, "kernel-bug");
      worst = std::max(worst, r.executions);
    }
    RecordProperty(b.strategy, static_cast<int>(worst));
  }
}

TEST(canary_strategies, none_finds_anything_in_its_sound_twin) {
  for (const char* strategy : {"round-robin", "random", "pct:2", "pct:3", "pct-fair:3", "pb:2",
                               "pos", "urw", "surw", "feedback", "frontier", "portfolio"}) {
    sample_options o;
    o.strategy = strategy;
    o.executions_max = 2000;
    const sample_result r = sample(ledger_program(enter_soundly), o);
    EXPECT_TRUE(r.findings.empty()) << strategy << ' ' << r.findings[0].what.title;
    EXPECT_EQ(r.executions, 2000u);
  }
}

}  // namespace
}  // namespace iorace::this_file
