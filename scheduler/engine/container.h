// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An operation on a list or a tree makes several accesses, each of which is judged by itself.
#pragma once

#include "scheduler/engine/arena.h"

namespace iorace {

// Of the one that is under way.
struct container_access {
  cell named;                     // the place that it names
  bool stopped = false;           // it was a point
  const void* misused = nullptr;  // what it is to be convicted of, if anything: dead memory, or
  step_id race = no_step;         // a race there with this step
};

}  // namespace iorace
