// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of verdicts: a planted bug and its near miss are programs that differ in one operation.
// Both are executed a few hundred times; the tally says how those executions ended.
#pragma once

#include <initializer_list>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"
#include "scheduler/sync/lockdep.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace {

inline constexpr std::uint64_t planted_executions = 256;

// What the tasks of a planted program share.
struct room {
  mutex a;
  mutex b;
  mutex c;
  spinlock_t spin;
  rw_semaphore sem;
  wait_queue_head_t wq;
  shared<int> flag;
  shared<int> value;
};
IORACE_DESCRIBE(room, "room", a, b, c, spin, sem, wq, flag, value);

using planted_body = void (*)(room*);

inline program in_a_room(std::initializer_list<planted_body> cpus) {
  program p;
  p.setup = [] {
    auto* r = make<room>();
    mutex_init(&r->a);
    mutex_init(&r->b);
    mutex_init(&r->c);
    spin_lock_init(&r->spin);
    init_rwsem(&r->sem);
    init_waitqueue_head(&r->wq);
    return static_cast<void*>(r);
  };
  for (const planted_body b : cpus) p.cpu([b](void* r) { b(static_cast<room*>(r)); });
  return p;
}

inline program& with_task(program& p, task_kind kind, const char* name, planted_body b) {
  p.bodies.push_back({kind, name, [b](void* r) { b(static_cast<room*>(r)); }});
  return p;
}

struct tally {
  std::uint64_t finished = 0, found = 0, cut = 0, step_bound = 0;
  std::map<std::string, std::uint64_t> titles;
};

inline tally run_often(const program& p, execution_options o = {}) {
  tally t;
  engine e;
  random_strategy choose;
  for (o.number = 0; o.number < planted_executions; ++o.number) {
    const ended how = e.run(p, choose, o).how;
    t.finished += how == ended::finished;
    t.found += how == ended::found;
    t.cut += how == ended::cut;
    t.step_bound += how == ended::step_bound;
    if (how == ended::found) ++t.titles[e.last_finding().title];
  }
  return t;
}

enum class convicted : std::uint8_t { sometimes, always };

// Nothing but `title` is found, and it is.
inline void expect_convicted(const program& p, const std::string& title,
                             convicted how_often = convicted::sometimes,
                             const execution_options& o = {}) {
  const tally t = run_often(p, o);
  EXPECT_EQ(t.titles.size(), 1u) << title;
  for (const auto& [other, count] : t.titles) EXPECT_EQ(other, title) << count;
  EXPECT_GE(t.found, how_often == convicted::always ? planted_executions : 4) << title;
  EXPECT_EQ(t.finished + t.found, planted_executions) << title;
}

inline void expect_acquitted(const program& p, const execution_options& o = {}) {
  const tally t = run_often(p, o);
  for (const auto& [title, count] : t.titles) ADD_FAILURE() << title << ": " << count;
  EXPECT_EQ(t.finished, planted_executions);
}

}  // namespace iorace
