// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The kernel's waiters queue up first come, first served, but coming is not an event here: whoever
// passes first is taken to have come first. A task that arrives when `done` is set passes at once,
// in the kernel too.
#include "scheduler/sync/completion.h"

#include "scheduler/engine/points.h"
#include "scheduler/sync/admission.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace {
namespace {

bool is_done(const void* object, task_id) {
  return static_cast<const completion*>(object)->done != 0;
}
bool is_done_or_late(const void* object, task_id task) {
  return is_done(object, task) || engine::current().task_at(task).expired;
}

void take_one(engine& e, completion* c) {
  if (c->done != completion_all_done) --c->done;
  e.acquire(c->base);
  e.changed(c->base);
}

void add(op_kind kind, completion* c, bool all) {
  engine& e = engine::current();
  e.begin(kind, &c->base);
  if (all)
    c->done = completion_all_done;
  else if (c->done != completion_all_done)
    ++c->done;
  e.commit(c->done);
  e.acquire(c->base);
  e.release(c->base);
  e.changed(c->base);
}

}  // namespace

void init_completion(completion* c) { *c = {.base = {.magic = sync_magic}, .done = 0}; }

void reinit_completion(completion* c) {
  engine& e = engine::current();
  e.begin(op_kind::reinit_completion, &c->base);
  e.commit(c->done);
  c->done = 0;
  e.changed(c->base);
}

void complete(completion* c) { add(op_kind::complete, c, false); }
void complete_all(completion* c) { add(op_kind::complete_all, c, true); }

void wait_for_completion(completion* c) {
  engine& e = engine::current();
  e.begin(op_kind::wait_for_completion, &c->base, is_done);
  e.commit(1);
  take_one(e, c);
}

unsigned long wait_for_completion_timeout(completion* c, unsigned long timeout) {
  engine& e = engine::current();
  const bool soon = timeout < static_cast<unsigned long>(long_timeout);
  e.begin(op_kind::wait_for_completion, &c->base, soon ? at_any_time : is_done_or_late,
          waits_for::timer);
  const bool done = c->done != 0;
  e.commit(done);
  if (!done) return 0;
  take_one(e, c);
  return timeout == 0 ? 1 : timeout;
}

bool try_wait_for_completion(completion* c) {
  engine& e = engine::current();
  e.begin(op_kind::try_wait_for_completion, &c->base);
  const bool done = c->done != 0;
  e.commit(done);
  if (done) take_one(e, c);
  return done;
}

bool completion_done(completion* c) {
  engine& e = engine::current();
  if (e.peeking()) return c->done != 0;
  e.begin(op_kind::completion_done, &c->base);
  const bool done = c->done != 0;
  e.commit(done);
  if (done) e.acquire(c->base);
  return done;
}

}  // namespace iorace
