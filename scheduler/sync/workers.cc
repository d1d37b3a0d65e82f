// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/workers.h"

namespace iorace {
namespace {

constexpr class_info worker_class = {"work", "work", sizeof(server), kept_fields, 1};

void run_work(server*, job* j) {
  auto* work = reinterpret_cast<work_struct*>(j);
  work->func(work);
}

constexpr server_role works = {task_kind::worker,   "kworker",         "process_one_work",
                               op_kind::work_start, op_kind::work_end, run_work};

}  // namespace

server* make_worker(engine& e) { return make_server(e, worker_class, works, e.self()); }

void check_initialised(engine& e, op_kind kind, const work_struct* work) {
  e.check_live(work, kind);
  if (work->queued.base.magic != sync_magic)
    e.found(verdict::kernel_warn,
            line(traits(kind).name) + " of " + e.name_of(work) + ", which nobody has initialised");
}

void check_open(engine& e, const workqueue_struct& wq) {
  if (!wq.draining) return;
  for (const server* s = servers(e); s != nullptr; s = s->next)
    if (s->owner == &wq && e.holds(&s->base)) return;
  e.found(verdict::kernel_warn,
          line(e.task_name(e.self())) + " queues work in " + e.name_of(&wq) + ", which is drained");
}

void run_at_once(work_struct* work) {
  server& s = *work->own;
  if (s.current == &work->queued) return;
  s.current = &work->queued;
  work->func(work);
  s.current = nullptr;
}

bool cancel(work_struct* work, op_kind kind, bool sync) {
  engine& e = engine::current();
  check_initialised(e, kind, work);
  alarm* const delay = work->delay;
  server& own = *work->own;
  sync_base& place = delay != nullptr ? delay->base : own.base;
  e.begin(kind, &place);
  server& s = *own.item_at;
  touch_item(e, kind, s, work, delay);
  const bool pending = is_pending(*work);
  const bool wait = sync && s.current == &work->queued;
  e.commit(kind, &place, pending);
  if (delay != nullptr) unset_alarm(e, *delay);
  if (work->queued.ticket != 0) take_back(e, s, work->queued);
  if (!sync) return pending;
  e.acquire(s.base);
  if (!wait) return pending;
  ++work->disabled;
  awaited* jobs = nullptr;
  await_jobs(s, s.running, jobs);
  await(e, op_kind::work_wait, jobs);
  e.begin(op_kind::enable_work, &s.base);
  touch_item(e, op_kind::enable_work, s, work);
  e.commit(op_kind::enable_work, &s.base, 1);
  --work->disabled;
  return pending;
}

awaited* everything_in(engine& e, const workqueue_struct& wq) {
  awaited* jobs = nullptr;
  for (server* s = servers(e); s != nullptr; s = s->next)
    if (s->owner == &wq && s->given != 0) await_jobs(*s, s->given, jobs);
  return jobs;
}

}  // namespace iorace
