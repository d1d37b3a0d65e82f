// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Flows of what programs know by handle: for *.flows.cc only.
#pragma once

#include "model/hw/ghosts.h"
#include "model/model.h"

namespace iorace::kern {

template <class T>
T* named(u64 handle) {
  return static_cast<T*>(hw_by_handle(handle));
}

// What finish() and invariants go through.
template <class T>
void list(machine_parts<T*>& set, T* made) {
  const peek_scope looking;
  set.add(made);
}

// A flow of one object.
template <class T, int (*Body)(T*)>
call_result of_one(world&, const call_args& a) {
  T* const object = named<T>(a.value[0]);
  return {object == nullptr ? -ENOENT : Body(object), 0};
}

}  // namespace iorace::kern
