// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Changing an xarray. Simplified: the forms that the kernel lets drop the lock in order to wait for
// memory keep it.
#include <cerrno>

#include "scheduler/sync/xarray.h"
#include "scheduler/sync/xarray_slots.h"

namespace iorace {
namespace {

xa_slot* make_slot(xarray* xa, unsigned long index) {
  if (xa->slot_count == xa->slot_capacity) {
    const std::uint32_t capacity = std::max(8u, xa->slot_capacity * 2);
    auto** grown = static_cast<xa_slot**>(scratch(capacity * sizeof(xa_slot*)));
    std::copy_n(xa->slots, xa->slot_count, grown);
    xa->slots = grown;
    xa->slot_capacity = capacity;
  }
  xa_slot** at = first_from(xa, index);
  std::copy_backward(at, xa->slots + xa->slot_count, xa->slots + xa->slot_count + 1);
  ++xa->slot_count;
  *at = ::new (scratch(sizeof(xa_slot))) xa_slot{.published = {}, .index = index, .entry = nullptr};
  return *at;
}

enum class locking : std::uint8_t { inside, caller };

// One event that changes the array: takes and drops the lock inside, or requires it of the caller.
class change {
 public:
  change(op_kind kind, xarray* xa, locking l) : e_(engine::current()), kind_(kind), xa_(xa), l_(l) {
    e_.begin(kind, &xa->base, l == locking::inside ? may_lock_xa : nullptr);
    const bool mine = xa->holder == holder_mark(e_.self());
    if (mine != (l == locking::caller)) {
      e_.commit(0);
      if (mine) found_recursion(e_, xa);
      e_.found(verdict::lockdep_assert, "the lock of " + e_.name_of(xa) + " should be held");
    }
    if (l == locking::caller) return;
    e_.acquire(xa->base);
  }

  engine& in() const { return e_; }

  // May an allocation of this change sleep here, and does it fail? Requires: `memory` is needed.
  bool out_of_memory(gfp flags, bool memory, const char* site) const {
    const unsigned own = l_ == locking::caller ? 1 : 0;
    if (flags == gfp::kernel && e_.task_at(e_.self()).atomic_depth > own)
      e_.found(verdict::sleep_in_atomic, line(traits(kind_).name) + " under a spinlock");
    return memory && e_.draw_fault(site);
  }

  void done(std::uint64_t value) const {
    e_.commit(value);
    if (l_ == locking::caller) return;
    e_.hold(xa_, op_kind::xa_lock);  // for the order of locks, in which this is the step
    e_.unhold(xa_);
    e_.release(xa_->base);
  }

 private:
  engine& e_;
  op_kind kind_;
  xarray* xa_;
  locking l_;
};

void* store(locking l, xarray* xa, unsigned long index, void* entry, gfp flags) {
  const change c(op_kind::xa_store, xa, l);
  void* const old = entry_at(xa, index);
  if (entry == nullptr && for_allocation(xa)) entry = XA_ZERO_ENTRY;
  if (entry != nullptr && c.out_of_memory(flags, old == nullptr, "xa_store")) {
    c.done(recorded(c.in(), error_entry(-ENOMEM)));
    return error_entry(-ENOMEM);
  }
  put_entry(c.in(), xa, index, entry);
  c.done(recorded(c.in(), entry));
  return zero_to_null(old);
}

void* erase(locking l, xarray* xa, unsigned long index) {
  const change c(op_kind::xa_erase, xa, l);
  void* const old = entry_at(xa, index);
  put_entry(c.in(), xa, index, nullptr);
  c.done(recorded(c.in(), old));
  return zero_to_null(old);
}

// Returns true and the lowest free index from `id` to `max` in it, or false.
bool find_free(const xarray* xa, std::uint32_t& id, std::uint32_t max) {
  std::uint64_t at = id;
  xa_slot** const end = xa->slots + xa->slot_count;
  for (xa_slot** s = first_from(xa, at); s != end && (*s)->index == at; ++s) {
    if ((*s)->entry == nullptr) break;
    ++at;
  }
  if (at > max) return false;
  id = static_cast<std::uint32_t>(at);
  return true;
}

}  // namespace

void put_entry(engine& e, xarray* xa, unsigned long index, void* entry) {
  xa_slot* s = slot_at(xa, index);
  if (s == nullptr && entry == nullptr) return;
  if (s == nullptr) s = make_slot(xa, index);
  s->entry = entry;
  if (entry != nullptr) e.release(s->published);
}

void* xa_store(xarray* xa, unsigned long index, void* entry, gfp flags) {
  return store(locking::inside, xa, index, entry, flags);
}
void* __xa_store(xarray* xa, unsigned long index, void* entry, gfp flags) {
  return store(locking::caller, xa, index, entry, flags);
}
void* xa_erase(xarray* xa, unsigned long index) { return erase(locking::inside, xa, index); }
void* __xa_erase(xarray* xa, unsigned long index) { return erase(locking::caller, xa, index); }

void* xa_cmpxchg(xarray* xa, unsigned long index, void* old, void* entry, gfp flags) {
  const change c(op_kind::xa_cmpxchg, xa, locking::inside);
  void* const was = entry_at(xa, index);
  if (was == old) {
    if (entry != nullptr && c.out_of_memory(flags, was == nullptr, "xa_cmpxchg")) {
      c.done(recorded(c.in(), error_entry(-ENOMEM)));
      return error_entry(-ENOMEM);
    }
    put_entry(c.in(), xa, index, entry);
  }
  c.done(recorded(c.in(), was));
  return zero_to_null(was);
}

namespace {

// Both forms differ in what they do where there is an entry: xa_insert fails, xa_reserve is
// content.
int insert(op_kind kind, xarray* xa, unsigned long index, void* entry, gfp flags, int if_present) {
  const change c(kind, xa, locking::inside);
  const bool present = entry_at(xa, index) != nullptr;
  int result = present ? if_present : 0;
  if (c.out_of_memory(flags, !present, traits(kind).name))
    result = -ENOMEM;
  else if (!present)
    put_entry(c.in(), xa, index, entry == nullptr ? XA_ZERO_ENTRY : entry);
  c.done(static_cast<std::uint64_t>(result));
  return result;
}

}  // namespace

int xa_insert(xarray* xa, unsigned long index, void* entry, gfp flags) {
  return insert(op_kind::xa_cmpxchg, xa, index, entry, flags, -EBUSY);
}
int xa_reserve(xarray* xa, unsigned long index, gfp flags) {
  return insert(op_kind::xa_reserve, xa, index, nullptr, flags, 0);
}
void xa_release(xarray* xa, unsigned long index) {
  xa_cmpxchg(xa, index, XA_ZERO_ENTRY, nullptr, gfp::atomic);
}

int xa_alloc(xarray* xa, std::uint32_t* id, void* entry, xa_limit limit, gfp flags) {
  const change c(op_kind::xa_alloc, xa, locking::inside);
  if (!for_allocation(xa))
    c.in().found(verdict::kernel_warn, "xa_alloc on an array that was not made for allocation");
  std::uint32_t at = limit.min;
  if ((xa->flags & XA_FLAGS_ALLOC1) != 0) at = std::max(at, 1u);
  int result = -EBUSY;
  if (find_free(xa, at, limit.max)) {
    result = c.out_of_memory(flags, true, "xa_alloc") ? -ENOMEM : 0;
    *id = at;
  }
  if (result == 0) put_entry(c.in(), xa, at, entry == nullptr ? XA_ZERO_ENTRY : entry);
  c.done(result == 0 ? at : static_cast<std::uint64_t>(result));
  return result;
}

void xa_destroy(xarray* xa) {
  const change c(op_kind::xa_erase, xa, locking::inside);
  for (std::uint32_t i = 0; i < xa->slot_count; ++i) xa->slots[i]->entry = nullptr;
  c.done(0);
}

void* xas_load(xarray* xa, unsigned long index) {
  engine& e = engine::current();
  if (e.peeking()) return entry_at(xa, index);
  const change c(op_kind::xa_load, xa, locking::caller);
  void* const entry = load_entry(e, xa, index);
  c.done(recorded(e, entry));
  return entry;
}

void* xas_store(xarray* xa, unsigned long index, void* entry) {
  const change c(op_kind::xa_store, xa, locking::caller);
  void* const old = entry_at(xa, index);
  put_entry(c.in(), xa, index, entry);
  c.done(recorded(c.in(), entry));
  return old;
}

}  // namespace iorace
