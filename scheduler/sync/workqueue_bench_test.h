// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the tests of workqueues and delayed work share: two queues, two items and a later one.
#pragma once

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"
#include "scheduler/sync/workqueue.h"

namespace iorace {

struct bench {
  workqueue_struct* wq = nullptr;
  workqueue_struct* line = nullptr;
  work_struct first, second;
  delayed_work later;
  mutex m;
  atomic_t log, runs;
  lab* world = nullptr;
};
IORACE_DESCRIBE(bench, "bench", first, second, later, m, log, runs);

inline bench* here() { return static_cast<bench*>(specimen()); }

// Each run appends a digit to the log: 1 for `first`, 2 for `second`, 3 for `later`.
template <int digit>
void note(work_struct*) {
  std::int64_t old = atomic_read(&here()->log);
  for (std::int64_t seen; (seen = atomic_cmpxchg(&here()->log, old, old * 10 + digit)) != old;)
    old = seen;
}
inline void set_x(work_struct*) { atomic_set(&here()->world->x, 1); }

template <auto first, auto second = note<2>, auto later = note<3>>
void with(lab* l) {
  auto* b = make<bench>();
  specimen() = b;
  b->world = l;
  b->wq = alloc_workqueue("wq", WQ_UNBOUND, 0);
  b->line = alloc_ordered_workqueue("line", 0);
  INIT_WORK(&b->first, first);
  INIT_WORK(&b->second, second);
  INIT_DELAYED_WORK(&b->later, later);
  mutex_init(&b->m);
}

inline std::string log_of(lab*) { return std::to_string(atomic_read(&here()->log)); }
inline std::string log_and_results(lab* l) { return log_of(l) + ":" + results<1>(l); }

inline void queue_first(lab*) { queue_work(here()->wq, &here()->first); }
inline void queue_second(lab*) { queue_work(here()->wq, &here()->second); }

}  // namespace iorace
