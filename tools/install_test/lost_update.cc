// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The scheduler alone, from an installed package. Two CPUs add to a counter: read and write are
// each under the lock, but not in one critical section. With one, `fixed`, every execution is fine;
// without, an update is lost: found, reduced, kept in a file, replayed, drawn and explained.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/explain.h"
#include "scheduler/explore/lambda_trace.h"
#include "scheduler/explore/reduce_schedule.h"
#include "scheduler/explore/sample.h"
#include "scheduler/explore/verify.h"
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

// A few random executions find it; what remains is the one switch that it needs.
static iorace::lambda_trace found_and_reduced(iorace::engine& e, const iorace::program& p) {
  const iorace::sampled_finding f = sample(p, {}).findings.at(0);
  const iorace::replay_input whole{keep(e, p, f).plan, f.points, f.options};
  const auto reduced = reduce_schedule(e, p, whole, {f.what.name, f.what.title});
  return trace_of(keep(e, p, reduced.plan, f.options, f.points), f.options);
}

static std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int main() {
  const auto all = verify(two_cpus(true), {});
  if (!all.complete || !all.findings.empty()) return 1;
  std::printf("fixed: nothing found in any of %d interleavings\n\n", static_cast<int>(all.traces));

  iorace::engine e;
  const iorace::program p = two_cpus(false);
  std::ofstream("lost_update.trace") << to_text(found_and_reduced(e, p));

  const auto t = iorace::parse_lambda_trace(content_of("lost_update.trace"));
  if (!t) return std::fputs(t.error().in("lost_update.trace").c_str(), stderr), 1;
  const iorace::replay_report again = replay_trace(e, p, t->in, t->want);
  std::printf("replay: %s\n\n%s\n%s", name_of(again.status), columns(again.steps).c_str(),
              to_text(explain(e, p, t->in)).c_str());
  return again.status == iorace::replay_status::same ? 0 : 1;
}
