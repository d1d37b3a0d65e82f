// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a setup left behind, to be put back in the next execution of the same program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/engine/arena.h"
#include "scheduler/engine/objects.h"
#include "scheduler/engine/tasks.h"

namespace iorace {

struct program;

// A task of a primitive that the setup asked for, see engine::attend().
struct attendant {
  task_kind kind;
  std::string name;
  void (*body)(void*);
  void* argument;
};

struct setup_image {
  const program* of = nullptr;
  std::uint32_t steps = 0, frames = 0;
  std::size_t touched = 0;
  void* world = nullptr;
  void* specimen = nullptr;
  void* rcu = nullptr;
  void* servers = nullptr;
  std::vector<attendant> attendants;
  arena::image memory;
  object_table::image objects;
};

}  // namespace iorace
