// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The part of a primitive that belongs to the engine: its vector clock and the tasks that stop
// before a waiting operation on it. First member of every primitive (not a base class: a struct
// that holds one stays standard-layout, as IORACE_DESCRIBE requires). Zeroed memory is a primitive
// that nobody has initialised; using it is a finding, as under the kernel's debug options.
#pragma once

#include <cstdint>

#include "scheduler/engine/operation.h"

namespace iorace {

inline constexpr std::uint16_t sync_magic = 0x1ace;

struct sync_base {
  std::uint32_t clock = 0;   // row of the engine's clocks; 0 before the first release
  task_id first_waiter = 0;  // tasks whose pending operation waits on this; 0 ends
  std::uint16_t magic = 0;   // sync_magic once initialised
};

// Precondition of a waiting operation of `task` on `object`. Looks, changes nothing.
using enabled_fn = bool (*)(const void* object, task_id task);

}  // namespace iorace
