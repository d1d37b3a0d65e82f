// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each task has an object per domain in which it ever read. Beginnings and ends of sections write
// to it and look at the domain; starts of grace periods write to the domain; so readers are
// independent of each other. A grace period waits for one section after the other.
#include "scheduler/sync/rcu.h"

#include <cstring>

#include "scheduler/engine/heap.h"

namespace iorace {

struct rcu_reader {
  sync_base base;
  task_id task = 0;
  std::uint32_t depth = 0;
  awaited* ends = nullptr;  // of the section
  rcu_reader* next = nullptr;
};

namespace {

constexpr class_info reader_class = {"rcu_reader", "rcu_reader", sizeof(rcu_reader), kept_fields,
                                     1};
constexpr class_info state_class = {"rcu_state", "rcu_state", sizeof(rcu_domain), kept_fields, 1};
constexpr class_info callbacks_class = {"rcu_callbacks", "rcu_callbacks", sizeof(server),
                                        kept_fields, 1};

struct words {
  op_kind lock, unlock, synchronize;
};
constexpr words of_rcu = {op_kind::rcu_read_lock, op_kind::rcu_read_unlock,
                          op_kind::synchronize_rcu};
constexpr words of_srcu = {op_kind::srcu_read_lock, op_kind::srcu_read_unlock,
                           op_kind::synchronize_srcu};

rcu_domain& of_all(engine& e) {
  if (e.rcu == nullptr) {
    auto* d = ::new (e.keep(state_class, sizeof(rcu_domain), 0)) rcu_domain;
    d->base.magic = d->started.magic = sync_magic;
    e.rcu = d;
  }
  return *static_cast<rcu_domain*>(e.rcu);
}

rcu_reader* find_reader(const rcu_domain& d, task_id t) {
  rcu_reader* r = d.readers;
  while (r != nullptr && r->task != t) r = r->next;
  return r;
}

rcu_reader& reader_of(engine& e, rcu_domain& d) {
  if (rcu_reader* r = find_reader(d, e.self())) return *r;
  auto* r = ::new (e.keep(reader_class, sizeof(rcu_reader), e.self())) rcu_reader;
  r->base.magic = sync_magic;
  r->task = e.self();
  rcu_reader** at = &d.readers;
  while (*at != nullptr && e.task_name((*at)->task) < e.task_name(r->task)) at = &(*at)->next;
  r->next = *at;
  *at = r;
  return *r;
}

bool reads(const rcu_domain& d, task_id t) {
  const rcu_reader* r = find_reader(d, t);
  return r != nullptr && r->depth != 0;
}

void lock(rcu_domain& d, const words& w) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.check_live(&d, w.lock);
  rcu_reader& r = reader_of(e, d);
  if (r.depth != 0) {
    ++r.depth;
    return;
  }
  e.begin(w.lock, &d.base);
  e.touch(w.lock, &d.base, access_type::read);
  e.touch(w.lock, &r.base, access_type::write);
  r.depth = 1;
  e.commit(w.lock, &d.base, 1);
  e.acquire(d.started);
  e.hold(&r.base, w.lock);
  if (w.lock == op_kind::rcu_read_lock) e.atomic_enter();
}

void unlock(rcu_domain& d, const words& w) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.check_live(&d, w.unlock);
  rcu_reader& r = reader_of(e, d);
  if (r.depth > 1) {
    --r.depth;
    return;
  }
  e.begin(w.unlock, &d.base);
  e.touch(w.unlock, &d.base, access_type::read);
  e.touch(w.unlock, &r.base, access_type::write);
  e.commit(w.unlock, &d.base, 0);
  if (r.depth == 0)
    e.found(verdict::unlock_not_owner,
            line(e.task_name(e.self())) + " ends a read section that it has not begun");
  r.depth = 0;
  if (w.unlock == op_kind::rcu_read_unlock) e.atomic_leave();
  e.unhold(&r.base);
  for (awaited* a = r.ends; a != nullptr; a = a->beside) come_to_pass(e, *a);
  r.ends = nullptr;
  e.release(d.base);
  e.changed(r.base);
}

// A grace period starts: it has to wait for those that read now. Part of an event that writes to
// the domain.
awaited* start(engine& e, rcu_domain& d) {
  awaited* sections = nullptr;
  for (rcu_reader* r = d.readers; r != nullptr; r = r->next)
    if (r->depth != 0) add_awaited(sections, r->ends, r->base, 0);
  e.acquire(d.base);
  e.release(d.started);
  return sections;
}

void synchronize(rcu_domain& d, const words& w) {
  engine& e = engine::current();
  e.check_live(&d, w.synchronize);
  if (reads(d, e.self()))
    e.found(verdict::deadlock,
            line(e.task_name(e.self())) + " waits for the end of its own read section");
  e.begin(w.synchronize, &d.base);
  e.commit(w.synchronize, &d.base, 1);
  await(e, op_kind::grace_period, start(e, d));
}

// Callbacks run one after the other, each when its grace period is over.
void run_callback(server*, job* j) {
  engine& e = engine::current();
  auto* head = reinterpret_cast<rcu_head*>(j);
  await(e, op_kind::grace_period, head->sections);
  e.atomic_enter();
  head->func(head);
  e.atomic_leave();
}

constexpr server_role callbacks = {
    task_kind::kthread,        "rcu",       "rcu_do_batch", op_kind::rcu_callback,
    op_kind::rcu_callback_end, run_callback};

server& callbacks_of(engine& e, const rcu_domain& d) {
  for (server* s = servers(e); s != nullptr; s = s->next)
    if (s->owner == &d && s->maker == e.self()) return *s;
  server* s = make_server(e, callbacks_class, callbacks, e.self());
  s->owner = &d;
  return *s;
}

void call(rcu_domain& d, rcu_head* head, void (*func)(rcu_head*), const void* object = nullptr) {
  engine& e = engine::current();
  e.check_live(head, op_kind::call_rcu);
  if (e.checking()) {
    head->object = object;
    return func(head);
  }
  server& s = callbacks_of(e, d);
  e.begin(op_kind::call_rcu, &s.base);
  e.touch(op_kind::call_rcu, &s.base, access_type::write);
  e.touch(op_kind::call_rcu, &d.base, access_type::write);
  e.touch(op_kind::call_rcu, head, access_type::write);
  const bool queued = head->queued.ticket != 0;
  head->queued.base.magic = sync_magic;
  head->func = func;
  head->object = object;
  e.commit(op_kind::call_rcu, &s.base, !queued);
  if (queued)
    e.found(verdict::kernel_warn, "call_rcu of " + e.name_of(head) + ", which is queued already");
  head->sections = start(e, d);
  e.release(head->queued.base);
  give(e, s, head->queued);
}

void wait_for_callbacks(rcu_domain& d) {
  engine& e = engine::current();
  e.begin(op_kind::rcu_barrier, &d.base);
  awaited* jobs = nullptr;
  for (server* s = servers(e); s != nullptr; s = s->next)
    if (s->owner == &d && s->given != 0) await_jobs(*s, s->given, jobs);
  e.commit(op_kind::rcu_barrier, &d.base, 1);
  await(e, op_kind::rcu_barrier_wait, jobs);
}

}  // namespace

void rcu_read_lock() { lock(of_all(engine::current()), of_rcu); }
void rcu_read_unlock() { unlock(of_all(engine::current()), of_rcu); }
bool rcu_read_lock_held() {
  engine& e = engine::current();
  return reads(of_all(e), e.self());
}
void synchronize_rcu() { synchronize(of_all(engine::current()), of_rcu); }
void call_rcu(rcu_head* head, void (*func)(rcu_head*)) {
  call(of_all(engine::current()), head, func);
}
void kfree_rcu_head(const void* object, rcu_head* head) {
  call(
      of_all(engine::current()), head, [](rcu_head* h) { kfree(h->object); }, object);
}
void rcu_barrier() { wait_for_callbacks(of_all(engine::current())); }

int init_srcu_struct(srcu_struct* srcu) {
  srcu->domain = {
      .base = {.magic = sync_magic}, .started = {.magic = sync_magic}, .readers = nullptr};
  return 0;
}

void cleanup_srcu_struct(srcu_struct* srcu) {
  engine& e = engine::current();
  e.check_live(srcu, op_kind::srcu_read_unlock);
  for (const rcu_reader* r = srcu->domain.readers; r != nullptr; r = r->next)
    if (r->depth != 0)
      e.found(verdict::kernel_warn, line(e.task_name(r->task)) + " still reads in " +
                                        e.name_of(srcu) + ", which is cleaned up");
  srcu->domain.base.magic = 0;
}

int srcu_read_lock(srcu_struct* srcu) {
  lock(srcu->domain, of_srcu);
  return 0;
}
void srcu_read_unlock(srcu_struct* srcu, int) { unlock(srcu->domain, of_srcu); }
bool srcu_read_lock_held(const srcu_struct* srcu) {
  return reads(srcu->domain, engine::current().self());
}
void synchronize_srcu(srcu_struct* srcu) { synchronize(srcu->domain, of_srcu); }
void call_srcu(srcu_struct* srcu, rcu_head* head, void (*func)(rcu_head*)) {
  call(srcu->domain, head, func);
}
void srcu_barrier(srcu_struct* srcu) { wait_for_callbacks(srcu->domain); }

void rcu_assert_held(bool otherwise) {
  engine& e = engine::current();
  if (e.peeking() || otherwise || reads(of_all(e), e.self())) return;
  e.found(verdict::lockdep_assert,
          line(e.task_name(e.self())) + " follows an RCU pointer outside a read section");
}

}  // namespace iorace
