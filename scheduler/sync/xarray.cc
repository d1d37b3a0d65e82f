// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Looking at an xarray, and its lock.
#include "scheduler/sync/xarray.h"

#include "scheduler/sync/xarray_slots.h"

namespace iorace {
namespace {

void* find(op_kind kind, const xarray* xa, unsigned long* index, unsigned long max) {
  engine& e = engine::current();
  const bool look = e.peeking();
  if (!look) e.begin(kind, const_cast<sync_base*>(&xa->base));
  void* found = nullptr;
  for (xa_slot** s = first_from(xa, *index); s != xa->slots + xa->slot_count; ++s) {
    if ((*s)->index > max) break;
    if (zero_to_null((*s)->entry) == nullptr) continue;
    found = (*s)->entry;
    *index = (*s)->index;
    break;
  }
  if (look) return found;
  if (found != nullptr) load_entry(e, xa, *index);
  e.commit(recorded(e, found));
  return found;
}

}  // namespace

bool xa_is_err(const void* entry) {
  const auto bits = reinterpret_cast<std::uintptr_t>(entry);
  return (bits & 3) == 2 && bits >= reinterpret_cast<std::uintptr_t>(error_entry(-4095));
}

int xa_err(const void* entry) {
  return xa_is_err(entry)
             ? static_cast<int>(
                   static_cast<std::intptr_t>(reinterpret_cast<std::uintptr_t>(entry)) >> 2)
             : 0;
}

void xa_init(xarray* xa) { xa_init_flags(xa, 0); }

void xa_init_flags(xarray* xa, unsigned flags) {
  *xa = {.base = {.magic = sync_magic},
         .slots = nullptr,
         .slot_count = 0,
         .slot_capacity = 0,
         .holder = 0,
         .flags = static_cast<std::uint8_t>(flags)};
}

void xa_lock(xarray* xa) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::xa_lock, &xa->base, may_lock_xa);
  e.commit(xa->holder == 0);
  if (xa->holder != 0) found_recursion(e, xa);
  xa->holder = holder_mark(e.self());
  e.acquire(xa->base);
  e.hold(xa, op_kind::xa_lock);
  e.atomic_enter();
  e.changed(xa->base);
}

void xa_unlock(xarray* xa) {
  engine& e = engine::current();
  if (e.peeking()) return;
  e.begin(op_kind::xa_unlock, &xa->base);
  e.commit(0);
  if (xa->holder != holder_mark(e.self())) found_not_owner(e, xa, xa->holder);
  xa->holder = 0;
  e.atomic_leave();
  e.unhold(xa);
  e.release(xa->base);
  e.changed(xa->base);
}

void* xa_load(xarray* xa, unsigned long index) {
  engine& e = engine::current();
  if (e.peeking()) return zero_to_null(entry_at(xa, index));
  e.begin(op_kind::xa_load, &xa->base);
  void* const entry = zero_to_null(load_entry(e, xa, index));
  e.commit(recorded(e, entry));
  return entry;
}

void* xa_find(xarray* xa, unsigned long* index, unsigned long max) {
  return find(op_kind::xa_find, xa, index, max);
}

void* xa_find_after(xarray* xa, unsigned long* index, unsigned long max) {
  if (*index == ~0ul) return nullptr;
  ++*index;
  return find(op_kind::xa_find, xa, index, max);
}

bool xa_empty(xarray* xa) {
  engine& e = engine::current();
  const bool look = e.peeking();
  if (!look) e.begin(op_kind::xa_find, &xa->base);
  const bool empty = std::none_of(xa->slots, xa->slots + xa->slot_count,
                                  [](const xa_slot* s) { return s->entry != nullptr; });
  if (!look) e.commit(empty);
  return empty;
}

void* xa_peek(const xarray* xa, unsigned long index) { return entry_at(xa, index); }

void xa_peek_each(const xarray* xa, void (*visit)(unsigned long, void*, void*), void* argument) {
  for (std::uint32_t i = 0; i < xa->slot_count; ++i)
    if (xa->slots[i]->entry != nullptr) visit(xa->slots[i]->index, xa->slots[i]->entry, argument);
}

}  // namespace iorace
