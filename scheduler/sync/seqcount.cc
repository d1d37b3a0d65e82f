// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/seqcount.h"

#include "scheduler/sync/lock_wait.h"
#include "scheduler/sync/lockdep.h"

namespace iorace {
namespace {

bool is_even(const void* object, task_id) {
  return static_cast<const seqcount_t*>(object)->sequence % 2 == 0;
}

}  // namespace

void seqcount_init(seqcount_t* s) {
  *s = {.base = {.magic = sync_magic}, .sequence = 0, .writer = 0};
}

void seqcount_spinlock_init(seqcount_spinlock_t* s, const spinlock_t* lock) {
  seqcount_init(&s->seqcount);
  s->lock = lock;
}

unsigned read_seqcount_begin(const seqcount_t* s) {
  engine& e = engine::current();
  if (e.peeking()) return s->sequence;
  sync_base& base = *const_cast<sync_base*>(&s->base);
  e.begin(op_kind::read_seqcount_begin, &base, is_even);
  e.commit(op_kind::read_seqcount_begin, s, s->sequence);
  e.acquire(base);
  return s->sequence;
}

bool read_seqcount_retry(const seqcount_t* s, unsigned start) {
  engine& e = engine::current();
  if (e.peeking()) return false;
  e.begin(op_kind::read_seqcount_retry, const_cast<sync_base*>(&s->base));
  const bool again = s->sequence != start;
  e.commit(op_kind::read_seqcount_retry, s, again);
  return again;
}

void write_seqcount_begin(seqcount_t* s) {
  engine& e = engine::current();
  e.begin(op_kind::write_seqcount_begin, &s->base);
  const task_id other = s->writer;
  s->writer = holder_mark(e.self());
  e.commit(op_kind::write_seqcount_begin, s, ++s->sequence);
  if (other != 0)
    e.found(verdict::kernel_warn, line(e.task_name(e.self())) + " writes under " + e.name_of(s) +
                                      " while " + e.task_name(static_cast<task_id>(other - 1)) +
                                      " does");
  e.atomic_enter();
  e.changed(s->base);
}

void write_seqcount_end(seqcount_t* s) {
  engine& e = engine::current();
  e.begin(op_kind::write_seqcount_end, &s->base);
  e.commit(op_kind::write_seqcount_end, s, ++s->sequence);
  if (s->writer != holder_mark(e.self()))
    e.found(verdict::kernel_warn, line(e.task_name(e.self())) + " ends a write under " +
                                      e.name_of(s) + " that it has not begun");
  s->writer = 0;
  e.atomic_leave();
  e.release(s->base);
  e.changed(s->base);
}

unsigned read_seqcount_begin(const seqcount_spinlock_t* s) {
  return read_seqcount_begin(&s->seqcount);
}
bool read_seqcount_retry(const seqcount_spinlock_t* s, unsigned start) {
  return read_seqcount_retry(&s->seqcount, start);
}
void write_seqcount_begin(seqcount_spinlock_t* s) {
  lockdep_assert_held(s->lock);
  write_seqcount_begin(&s->seqcount);
}
void write_seqcount_end(seqcount_spinlock_t* s) { write_seqcount_end(&s->seqcount); }

}  // namespace iorace
