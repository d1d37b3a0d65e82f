// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The modelled heap as tasks use it: kzalloc, kmalloc, kfree, with identities, poison and a
// quarantine that lasts as long as the execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "scheduler/engine/describe.h"

namespace iorace {

enum class gfp : std::uint8_t { kernel, atomic };

// Returns zeroed memory for an object described by `cls`, or null when the strategy lets the
// allocation fail (a choice, only while the limit on injected faults is not used up). An execution
// has 64 MiB, freed or not; it is cut where it wants more.
// Blocks: a point before the allocation; `gfp::kernel` may sleep, so it is illegal in atomic
// context.
void* allocate_object(const class_info& cls, std::size_t bytes, gfp flags, bool may_fail);

template <class T>
T* kzalloc(gfp flags = gfp::kernel) {
  static_assert(class_of<T>() != nullptr, "IORACE_DESCRIBE the struct first");
  void* p = allocate_object(*class_of<T>(), sizeof(T), flags, true);
  return p == nullptr ? nullptr : ::new (p) T;
}
// The same for an array of n elements (kvcalloc): one object.
template <class T>
T* kvcalloc(std::size_t n, gfp flags = gfp::kernel) {
  void* p = allocate_object(*class_of<T>(), n * sizeof(T), flags, true);
  if (p == nullptr) return nullptr;
  for (std::size_t i = 0; i < n; ++i) ::new (static_cast<char*>(p) + i * sizeof(T)) T;
  return static_cast<T*>(p);
}
// Never returns null: for setup code and for objects that are not the kernel's.
template <class T>
T* make() {
  static_assert(class_of<T>() != nullptr, "IORACE_DESCRIBE the struct first");
  return ::new (allocate_object(*class_of<T>(), sizeof(T), gfp::kernel, false)) T;
}

// Frees an object; null is ignored. A second time is double-free, anything but the start of an
// object invalid-free. Held locks inside it are lock-held-at-exit. Blocks: a point.
void kfree(const void* object);

// Unrecorded memory for bookkeeping that is nobody's object (ghosts, program variables): lives
// until the end of the execution, is never checked. Never returns null; of the same 64 MiB.
void* scratch(std::size_t bytes);

// Identities. Objects are numbered per (creating task, class). A program that names the results of
// its calls reserves 1..n for them, so that others number from n + 1: name_next() makes the next
// object of the class, made by this task, number `number`.
void reserve_names(const class_info& cls, std::uint32_t n);
void name_next(const class_info& cls, std::uint32_t number);

}  // namespace iorace
