// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What hardware has cached of translations. A cache is smaller than the space: a slot has one of
// the pages whose numbers end alike, and which one it is is read and written with it, in one step.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

template <class T>
struct tlb_slot {
  shared<T*>& entry;
  shared<u64>& tag;
  u64 pfn;

  // Null if it is not cached.
  T* lookup() const {
    T* const cached = READ_ONCE(entry);
    const peek_scope looking;
    return tag.peek() == pfn ? cached : nullptr;
  }
  void fill(T* translation) const {
    WRITE_ONCE(entry, translation);
    const peek_scope looking;
    tag.poke(pfn);
  }
  // No operations: for whoever knows that nobody fills it meanwhile.
  bool has() const { return entry.peek() != nullptr && tag.peek() == pfn; }
  void drop() const {
    if (has()) WRITE_ONCE(entry, nullptr);
  }
};

inline tlb_slot<dma_page> slot_of(tlb& cache, u64 pfn) {
  const u64 slot = pfn % tlb_slots;
  return {cache.page[slot], cache.tag[slot], pfn};
}
// Of the table with the leaf of `pfn`.
inline tlb_slot<io_table> slot_of(walk_cache& cache, u64 pfn) {
  const u64 of = pfn / pt_entries;
  return {cache.table[of % walk_slots], cache.tag[of % walk_slots], of};
}

template <class T, std::size_t Slots>
void drop_all(shared<T*> (&entries)[Slots]) {
  for (shared<T*>& entry : entries)
    if (entry.peek() != nullptr) WRITE_ONCE(entry, nullptr);
}
// Forget `pages` pages from `pfn` on, or everything if they are as many as there are slots.
inline void tlb_drop(tlb& cache, u64 pfn, u64 pages) {
  if (pages >= tlb_slots) return drop_all(cache.page);
  for (u64 at = pfn; at < pfn + pages; ++at) slot_of(cache, at).drop();
}
inline void tlb_drop(walk_cache& cache, u64 pfn, u64 pages) {
  if (pages >= tlb_slots) return drop_all(cache.table);
  for (u64 at = pfn; at < pfn + pages; at = (at | (pt_entries - 1)) + 1) slot_of(cache, at).drop();
}

}  // namespace iorace::kern
