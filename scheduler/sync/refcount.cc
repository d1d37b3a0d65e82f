// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/refcount.h"

#include <string>

#include "scheduler/engine/points.h"

namespace iorace {
namespace {

// A counter has no initialiser of its own in the kernel: zeroed memory is a count of zero.
[[gnu::always_inline]] inline engine& begin(op_kind kind, refcount_t* r) {
  engine& e = engine::current();
  e.check_live(r, kind);
  r->base.magic = sync_magic;
  e.begin(kind, &r->base);
  return e;
}

inline void commit(engine& e, const refcount_t* r) {
  e.commit(static_cast<std::uint32_t>(r->value));
}

[[noreturn, gnu::cold, gnu::noinline]] void found_misuse(engine& e, const refcount_t* r,
                                                         const char* what) {
  e.found(verdict::refcount_misuse, e.name_of(r) + " " + what);
}

inline void require(engine& e, bool good, const refcount_t* r, const char* what) {
  if (!good) found_misuse(e, r, what);
}

// Lowers by n; the count may reach zero where `may_end`. Returns true iff it has.
bool lower(op_kind kind, refcount_t* r, int n, bool may_end) {
  engine& e = begin(kind, r);
  const std::int64_t next = std::int64_t{r->value} - n;
  r->value = static_cast<std::int32_t>(next);
  commit(e, r);
  require(e, next >= 0, r, "is lowered below zero");
  require(e, next > 0 || may_end, r, "reaches zero in a function that cannot release the object");
  e.release(r->base);
  if (next == 0) e.acquire(r->base);
  return next == 0;
}

void raise(refcount_t* r, int n) {
  engine& e = begin(op_kind::refcount_inc, r);
  const bool alive = r->value > 0;
  const std::int64_t next = std::int64_t{r->value} + n;
  r->value = static_cast<std::int32_t>(next);
  commit(e, r);
  require(e, alive, r, "is raised from zero");
  require(e, next <= 0x7fffffff, r, "is saturated");
}

}  // namespace

void refcount_set(refcount_t* r, int n) {
  engine& e = begin(op_kind::refcount_set, r);
  r->value = n;
  commit(e, r);
}

unsigned refcount_read(const refcount_t* r) {
  if (engine::current().peeking()) return static_cast<unsigned>(r->value);
  engine& e = begin(op_kind::refcount_read, const_cast<refcount_t*>(r));
  commit(e, r);
  return static_cast<unsigned>(r->value);
}

void refcount_inc(refcount_t* r) { raise(r, 1); }
void refcount_add(int n, refcount_t* r) { raise(r, n); }

bool refcount_inc_not_zero(refcount_t* r) {
  engine& e = begin(op_kind::refcount_inc_not_zero, r);
  const bool alive = r->value != 0;
  const bool room = r->value != 0x7fffffff;
  if (alive && room) ++r->value;
  e.commit(alive);
  require(e, room, r, "is saturated");
  return alive;
}

void refcount_dec(refcount_t* r) { lower(op_kind::refcount_dec, r, 1, false); }

bool refcount_dec_and_test(refcount_t* r) {
  return lower(op_kind::refcount_dec_and_test, r, 1, true);
}

bool refcount_sub_and_test(int n, refcount_t* r) {
  return lower(op_kind::refcount_dec_and_test, r, n, true);
}

bool refcount_dec_if_one(refcount_t* r) {
  engine& e = begin(op_kind::refcount_dec_if_one, r);
  const bool one = r->value == 1;
  if (one) r->value = 0;
  e.commit(one);
  if (one) e.release(r->base);
  return one;
}

bool refcount_dec_not_one(refcount_t* r) {
  engine& e = begin(op_kind::refcount_dec_not_one, r);
  const bool more = r->value != 1;
  if (more) --r->value;
  e.commit(op_kind::refcount_dec_not_one, r, more);
  require(e, r->value >= 0, r, "is lowered below zero");
  if (more) e.release(r->base);
  return more;
}

int refcount_peek(const refcount_t* r) { return r->value; }

}  // namespace iorace
