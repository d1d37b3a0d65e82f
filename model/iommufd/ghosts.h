// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What invariants remember outside of the kernel's structures. Generations are told apart by
// address: an execution never uses freed memory again.
// Requires: every use is inside a peek_scope.
#pragma once

#include "model/iommufd/knobs.h"
#include "model/kernel.h"

namespace iorace::kern {

struct io_pagetable;
struct iommufd_access;
struct iopt_area;
struct iopt_pages;

// A few things in no order, in scratch memory.
template <class T>
struct ghost_set {
  T* items;
  unsigned count, capacity;

  T& add(const T& item) {
    if (count == capacity) {
      const unsigned grown = capacity == 0 ? 8 : capacity * 2;
      auto* const moved = static_cast<T*>(scratch(grown * sizeof(T)));
      for (unsigned i = 0; i < count; ++i) moved[i] = items[i];
      items = moved;
      capacity = grown;
    }
    items[count] = item;
    return items[count++];
  }
  void remove(T& item) { item = items[--count]; }
  T* begin() { return items; }
  T* end() { return items + count; }
};
// The one whose `key` has that value; if there is none it is added, all else being zero.
template <class T, class Key>
T& one_of(ghost_set<T>& all, Key T::*key, Key value) {
  for (T& item : all)
    if (item.*key == value) return item;
  T item{};
  item.*key = value;
  return all.add(item);
}

struct ghost_area {
  const iopt_area* area;
  const io_pagetable* iopt;
  unsigned long first, last;
  u64 published;
};

// Pins that an access has on an area: how many, and who made the last one.
struct ghost_pin {
  const iopt_area* area;
  const iommufd_access* access;
  unsigned count;
  const char* function;
  task_id task;
};

struct ghost_access {
  const iommufd_access* access;
  unsigned running;  // callbacks
  bool destroyed;
};

// Bit i: page i of the user is pinned by the run; is pinned twice.
struct ghost_pages {
  const iopt_pages* pages;
  u64 pinned, twice;
};

struct ghosts {
  ghost_set<ghost_area> areas;
  ghost_set<ghost_pin> pins;
  ghost_set<ghost_access> accesses;
  ghost_set<ghost_pages> pages;
  u64 published;  // areas so far
};

}  // namespace iorace::kern
