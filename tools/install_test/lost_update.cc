// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The scheduler alone, from an installed package. Two CPUs add to a counter: read and write are
// each under the lock, but not in one critical section. The lost update is found, reduced and
// drawn; with one critical section, `fixed`, nothing is found.
#include <cstdio>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/keep.h"
#include "scheduler/explore/reduce_schedule.h"
#include "scheduler/explore/sample.h"
#include "scheduler/record/columns.h"
#include "scheduler/sync/mutex.h"

struct counter {
  iorace::mutex lock;
  iorace::shared<int> value;
};
IORACE_DESCRIBE(counter, "counter", lock, value);

static void add_one(counter* c, bool fixed) {
  KFUNC();
  mutex_lock(&c->lock);
  const int seen = c->value;
  if (!fixed) mutex_unlock(&c->lock);
  if (!fixed) mutex_lock(&c->lock);
  c->value = seen + 1;
  mutex_unlock(&c->lock);
}

static iorace::program two_cpus(bool fixed) {
  iorace::program p;
  p.setup = []() -> void* {
    auto* c = iorace::make<counter>();
    mutex_init(&c->lock);
    return c;
  };
  for (int cpu = 0; cpu < 2; ++cpu)
    p.cpu([fixed](void* c) { add_one(static_cast<counter*>(c), fixed); });
  p.check = [](void* c) { BUG_ON(static_cast<counter*>(c)->value != 2); };
  return p;
}

int main() {
  iorace::sample_options options;
  options.executions_max = 10'000;
  if (!sample(two_cpus(true), options).findings.empty()) return 1;

  const iorace::program p = two_cpus(false);
  const iorace::sample_result found = sample(p, options);
  if (found.findings.empty()) return 1;
  const iorace::sampled_finding& f = found.findings[0];
  iorace::engine e;
  const auto reduced =
      reduce_schedule(e, p, {keep(e, p, f).plan, f.points, f.options}, {f.what.name, f.what.title});
  std::printf("%s, after %d executions\n\n", f.what.title.c_str(),
              static_cast<int>(found.executions));
  const auto drawn = keep(e, p, reduced.plan, f.options, f.points);
  std::fputs(columns(drawn.steps).c_str(), stdout);
  return reduced.holds ? 0 : 1;
}
