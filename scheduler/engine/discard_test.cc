// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Executions that end in the middle: nothing is unwound, and nothing may pile up. Under ASan the
// process also ends without a leak.
#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/memory_test.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace::this_file {
namespace {

struct thing {
  mutex a;
  mutex b;
  wait_queue_head_t wq;
  shared<int> value;
  shared<thing*> next;
};
IORACE_DESCRIBE(thing, "thing", a, b, wq, value, next);

void* open_thing() {
  auto* t = make<thing>();
  mutex_init(&t->a);
  mutex_init(&t->b);
  init_waitqueue_head(&t->wq);
  return t;
}

void allocate_and_use(thing* t, int depth) {
  KFUNC();
  auto* mine = kzalloc<thing>();
  if (mine == nullptr) return;
  mutex_init(&mine->a);
  mutex_lock(&mine->a);
  t->next = mine;
  if (depth != 0) allocate_and_use(t, depth - 1);
  mutex_unlock(&mine->a);
  kfree(mine);
}
void abba(thing* t, bool swapped) {
  KFUNC();
  mutex_lock(swapped ? &t->b : &t->a);
  mutex_lock(swapped ? &t->a : &t->b);
  mutex_unlock(&t->a);
  mutex_unlock(&t->b);
}
void sleep_for_ever(thing* t) {
  KFUNC();
  wait_event(t->wq, [t] { return READ_ONCE(t->value) == 7; });
}
void child(void* t) { abba(static_cast<thing*>(t), true); }

// Each ends somewhere in the middle: in a data race, a deadlock, a lost sleeper, a BUG_ON, a cut, a
// bound on points or an invariant's word, with tasks abandoned inside calls.
program ends_badly(unsigned kind) {
  program p;
  p.setup = open_thing;
  p.cpu([](void* w) { allocate_and_use(static_cast<thing*>(w), 4); });
  p.cpu([](void* w) { sleep_for_ever(static_cast<thing*>(w)); });
  p.cpu([kind](void* w) {
    KFUNC();
    auto* t = static_cast<thing*>(w);
    if (kind == 0) allocate_and_use(t, 2);
    if (kind == 1) create_task(task_kind::kthread, "kworker1", child, w);
    if (kind == 1) abba(t, false);
    if (kind == 2) BUG_ON(READ_ONCE(t->value) == 0);
    if (kind == 3) cut("a limit");
    if (kind == 4) convict("an-invariant", {.function = "f"}, {.function = "g"}, "in the middle");
    if (kind == 5) kfree(reinterpret_cast<char*>(t) + 8);
    if (kind == 6)
      for (;;) WRITE_ONCE(t->value, READ_ONCE(t->value) ^ 8);
  });
  return p;
}

void expect_flat(std::uint64_t executions) {
  std::vector<program> programs;
  for (unsigned kind = 0; kind < 7; ++kind) programs.push_back(ends_badly(kind));
  engine e;
  random_strategy choose;
  execution_options o;
  o.points_max = 100;
  o.faults_max = 1;
  std::uint64_t discarded = 0;
  std::size_t allocated = 0, resident = 0;
  for (o.number = 0; o.number < executions; ++o.number) {
    if (o.number == executions / 10) allocated = allocated_kib(), resident = resident_kib();
    // A livelock is looked for in thousands of points: seldom.
    const std::uint64_t kind = o.number % 7;
    const program& p = programs[kind == 6 && o.number % 77 != 6 ? 0 : kind];
    discarded += e.run(p, choose, o).how != ended::finished;
  }
  EXPECT_GT(discarded, executions * 9 / 10);
  // What an engine needs for good it has after a tenth.
  EXPECT_LT(allocated_kib(), allocated + 256) << "of " << allocated << " KiB";
  EXPECT_LT(resident_kib(), resident + slack_kib) << "of " << resident << " KiB";
}

TEST(discard, leaves_memory_flat) { expect_flat(20'000); }
TEST(slow_discard, leaves_memory_flat) { expect_flat(1'000'000); }

// An engine that goes takes everything with it.
TEST(discard, engines_leave_nothing) {
  std::size_t resident = 0;
  for (int i = 0; i < 60; ++i) {
    if (i == 20) resident = resident_kib();
    engine e;
    random_strategy choose;
    execution_options o;
    for (o.number = 0; o.number < 7; ++o.number)
      e.run(ends_badly(static_cast<unsigned>(o.number)), choose, o);
  }
  EXPECT_LT(resident_kib(), resident + slack_kib) << "of " << resident << " KiB";
}

}  // namespace
}  // namespace iorace::this_file
