// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The part of a primitive that belongs to the engine: its vector clock and the tasks that stop
// before a waiting operation on it. First member of every primitive (not a base class: a struct
// that holds one stays standard-layout, as IORACE_DESCRIBE requires).
#pragma once

#include <cstdint>

#include "scheduler/engine/operation.h"

namespace iorace {

constexpr std::uint16_t sync_magic = 0x10c5;

struct sync_base {
  std::uint32_t clock = 0;              // index of its vector clock; 0: nothing released yet
  task_id first_waiter = 0;             // head of the engine's list of waiting tasks
  std::uint16_t magic = 0;              // sync_magic once initialised
};

}  // namespace iorace
