// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct xarray with xa_lock and reserved ("zero") entries. xa_store and friends take the lock
// inside one event; the forms with two underscores require that the caller holds it. Loads take no
// lock: they are ordered after the store of the entry that they find, and after nothing else.
// A reserved entry keeps its index allocated; loads and return values show NULL for it.
// Indices are sparse, up to 2^64 - 1.
#pragma once

#include <cstdint>

#include "scheduler/engine/heap.h"
#include "scheduler/engine/sync_base.h"

namespace iorace {

enum xa_flags : unsigned { XA_FLAGS_ALLOC = 1, XA_FLAGS_ALLOC1 = 2, XA_FLAGS_ACCOUNT = 4 };

struct xa_limit {
  std::uint32_t max;
  std::uint32_t min;
};
constexpr xa_limit xa_limit_32b{0xffffffff, 0};
constexpr xa_limit xa_limit_31b{0x7fffffff, 0};
constexpr xa_limit xa_limit_16b{0xffff, 0};

struct xa_slot;

struct xarray {
  sync_base base;             // of xa_lock
  xa_slot** slots = nullptr;  // sorted by index; slots outlive their entries
  std::uint32_t slot_count = 0;
  std::uint32_t slot_capacity = 0;
  task_id holder = 0;  // of xa_lock: 0 is free, else the owner's id + 1
  std::uint8_t flags = 0;
};

// Entries that are no pointers: integers below 2^63, the reserved entry, errors.
inline void* xa_mk_value(unsigned long v) { return reinterpret_cast<void*>((v << 1) | 1); }
inline unsigned long xa_to_value(const void* entry) {
  return reinterpret_cast<std::uintptr_t>(entry) >> 1;
}
inline bool xa_is_value(const void* entry) {
  return (reinterpret_cast<std::uintptr_t>(entry) & 1) != 0;
}
#define XA_ZERO_ENTRY (reinterpret_cast<void*>(std::uintptr_t{(257 << 2) | 2}))
inline bool xa_is_zero(const void* entry) { return entry == XA_ZERO_ENTRY; }
bool xa_is_err(const void* entry);
// Returns the negative error number that a store returned, or 0.
int xa_err(const void* entry);

void xa_init(xarray* xa);
void xa_init_flags(xarray* xa, unsigned flags);

// The lock. Atomic context between them. Blocks: until the lock is free; a point.
void xa_lock(xarray* xa);
void xa_unlock(xarray* xa);

// Returns the entry at `index`, NULL for a reserved one. Blocks: a point.
void* xa_load(xarray* xa, unsigned long index);
template <class T>
T* xa_load_as(xarray* xa, unsigned long index) {
  return static_cast<T*>(xa_load(xa, index));
}
// The lowest entry from *index to `max`, reserved ones skipped, and its index; NULL if there is
// none. Blocks: a point.
void* xa_find(xarray* xa, unsigned long* index, unsigned long max);
void* xa_find_after(xarray* xa, unsigned long* index, unsigned long max);
#define xa_for_each_range(xa, index, entry, start, last)                             \
  for (index = (start),                                                              \
      entry = static_cast<decltype(entry)>(::iorace::xa_find((xa), &index, (last))); \
       entry != nullptr;                                                             \
       entry = static_cast<decltype(entry)>(::iorace::xa_find_after((xa), &index, (last))))
#define xa_for_each(xa, index, entry) xa_for_each_range(xa, index, entry, 0, ~0ul)
// Returns true iff there is no entry, reserved ones included. Blocks: a point.
bool xa_empty(xarray* xa);

// Replaces the entry. Returns the old one (NULL for a reserved one) or an error (xa_is_err): a new
// index needs memory, which may fail with -ENOMEM. Storing NULL erases, but in an array made for
// allocation it reserves the index. Blocks: until the lock is free.
void* xa_store(xarray* xa, unsigned long index, void* entry, gfp flags = gfp::kernel);
void* __xa_store(xarray* xa, unsigned long index, void* entry, gfp flags = gfp::kernel);
// Returns the old entry, NULL for a reserved one. Blocks: until the lock is free.
void* xa_erase(xarray* xa, unsigned long index);
void* __xa_erase(xarray* xa, unsigned long index);
// Stores `entry` iff the entry at `index` is `old` (XA_ZERO_ENTRY: a reserved one; NULL matches an
// empty place only). Returns what was there, NULL for a reserved one, or an error.
void* xa_cmpxchg(xarray* xa, unsigned long index, void* old, void* entry, gfp flags = gfp::kernel);
// Returns 0, -EBUSY if there is an entry, reserved ones included, or -ENOMEM.
int xa_insert(xarray* xa, unsigned long index, void* entry, gfp flags = gfp::kernel);
// Makes sure that a later store cannot fail. Returns 0 or -ENOMEM.
int xa_reserve(xarray* xa, unsigned long index, gfp flags = gfp::kernel);
// Gives up a reserved place; any other entry stays.
void xa_release(xarray* xa, unsigned long index);
// Stores at the lowest free index of `limit`; a NULL entry is stored as a reserved one. Returns 0,
// -EBUSY if there is no free index, or -ENOMEM. `id` must be the task's own.
int xa_alloc(xarray* xa, std::uint32_t* id, void* entry, xa_limit limit, gfp flags = gfp::kernel);
// Drops all entries. Blocks: until the lock is free.
void xa_destroy(xarray* xa);

// The entry as it stands, reserved ones visible (xas_load). Requires: the lock. Blocks: a point.
void* xas_load(xarray* xa, unsigned long index);
// Replaces it (xas_store) where the place exists: never fails. Requires: the lock. Blocks: a point.
void* xas_store(xarray* xa, unsigned long index, void* entry);

// For invariants and printing: no operation. Reserved entries are visible.
void* xa_peek(const xarray* xa, unsigned long index);
// Visits the entries in order of index.
void xa_peek_each(const xarray* xa, void (*visit)(unsigned long index, void* entry, void* argument),
                  void* argument);

}  // namespace iorace
