// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Inside of struct xarray; not for programs. Entries live in slots of the run arena that are made
// once per index and found by binary search; a slot has its own clock, by which a load is ordered
// after the store that it sees.
#pragma once

#include <algorithm>

#include "scheduler/engine/points.h"
#include "scheduler/sync/lock_wait.h"
#include "scheduler/sync/xarray.h"

namespace iorace {

struct xa_slot {
  sync_base published;
  unsigned long index;
  void* entry;
};

inline void* error_entry(long error) {
  return reinterpret_cast<void*>((static_cast<std::uintptr_t>(error) << 2) | 2);
}

inline void* zero_to_null(void* entry) { return xa_is_zero(entry) ? nullptr : entry; }

// What a step records of an entry: integers as they are, pointers as identities.
inline std::uint64_t recorded(engine& e, const void* entry) {
  const auto bits = reinterpret_cast<std::uintptr_t>(entry);
  return (bits & 3) != 0 ? bits : e.identity(entry);
}

inline bool for_allocation(const xarray* xa) {
  return (xa->flags & (XA_FLAGS_ALLOC | XA_FLAGS_ALLOC1)) != 0;
}

inline xa_slot** first_from(const xarray* xa, unsigned long index) {
  return std::lower_bound(xa->slots, xa->slots + xa->slot_count, index,
                          [](const xa_slot* s, unsigned long i) { return s->index < i; });
}

inline xa_slot* slot_at(const xarray* xa, unsigned long index) {
  xa_slot** s = first_from(xa, index);
  return s != xa->slots + xa->slot_count && (*s)->index == index ? *s : nullptr;
}

inline void* entry_at(const xarray* xa, unsigned long index) {
  const xa_slot* s = slot_at(xa, index);
  return s == nullptr ? nullptr : s->entry;
}

// Stores at `index`, making a slot if there is none, and publishes what is not NULL.
void put_entry(engine& e, xarray* xa, unsigned long index, void* entry);

// Loads, ordered after the store of what it finds.
inline void* load_entry(engine& e, const xarray* xa, unsigned long index) {
  xa_slot* s = slot_at(xa, index);
  if (s == nullptr || s->entry == nullptr) return nullptr;
  e.acquire(s->published);
  return s->entry;
}

// Precondition of taking xa_lock. A task that holds it itself may go on: into the verdict.
inline bool may_lock_xa(const void* object, task_id task) {
  const xarray& xa = *static_cast<const xarray*>(object);
  return xa.holder == 0 || xa.holder == holder_mark(task);
}

}  // namespace iorace
