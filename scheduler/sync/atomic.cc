// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/atomic.h"

#include "scheduler/engine/points.h"

namespace iorace {
namespace {

// A counter has no initialiser of its own in the kernel: zeroed memory is zero.
engine& begin(op_kind kind, atomic_t* v) {
  engine& e = engine::current();
  e.check_live(v, kind);
  v->base.magic = sync_magic;
  e.begin(kind, &v->base);
  return e;
}

void store(op_kind kind, atomic_t* v, std::int64_t n) {
  engine& e = begin(kind, v);
  v->counter = n;
  e.commit(static_cast<std::uint64_t>(n));
}

void relaxed_add(atomic_t* v, std::int64_t n) {
  engine& e = begin(op_kind::atomic, v);
  v->counter += n;
  e.commit(static_cast<std::uint64_t>(v->counter));
}

// Fully ordered: takes the past of all earlier fully ordered ones and adds its own.
void commit_ordered(engine& e, atomic_t* v) {
  e.commit(static_cast<std::uint64_t>(v->counter));
  e.acquire(v->base);
  e.release(v->base);
}

}  // namespace

std::int64_t atomic_read(const atomic_t* v) {
  if (engine::current().peeking()) return v->counter;
  engine& e = begin(op_kind::read_once, const_cast<atomic_t*>(v));
  e.commit(static_cast<std::uint64_t>(v->counter));
  return v->counter;
}

void atomic_set(atomic_t* v, std::int64_t n) { store(op_kind::write_once, v, n); }
void atomic_inc(atomic_t* v) { relaxed_add(v, 1); }
void atomic_dec(atomic_t* v) { relaxed_add(v, -1); }
void atomic_add(std::int64_t n, atomic_t* v) { relaxed_add(v, n); }
void atomic_sub(std::int64_t n, atomic_t* v) { relaxed_add(v, -n); }

std::int64_t atomic_add_return(std::int64_t n, atomic_t* v) {
  engine& e = begin(op_kind::atomic_sync, v);
  v->counter += n;
  commit_ordered(e, v);
  return v->counter;
}

std::int64_t atomic_inc_return(atomic_t* v) { return atomic_add_return(1, v); }
std::int64_t atomic_dec_return(atomic_t* v) { return atomic_add_return(-1, v); }
bool atomic_dec_and_test(atomic_t* v) { return atomic_add_return(-1, v) == 0; }

std::int64_t atomic_xchg(atomic_t* v, std::int64_t n) {
  engine& e = begin(op_kind::atomic_sync, v);
  const std::int64_t old = v->counter;
  v->counter = n;
  commit_ordered(e, v);
  return old;
}

std::int64_t atomic_cmpxchg(atomic_t* v, std::int64_t old, std::int64_t n) {
  engine& e = begin(op_kind::atomic_sync, v);
  const std::int64_t found = v->counter;
  if (found == old) {
    v->counter = n;
    commit_ordered(e, v);
  } else {
    e.commit(static_cast<std::uint64_t>(found));
  }
  return found;
}

std::int64_t atomic_peek(const atomic_t* v) { return v->counter; }

}  // namespace iorace
