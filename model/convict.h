// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How invariants convict: on behalf of the running task, in the function where it is.
#pragma once

#include "scheduler/engine/tasks.h"

namespace iorace::kern::contract {

// Outside of all functions only the end of an execution judges.
[[noreturn]] inline void convict_here(const char* name, const char* detail) {
  const char* const function = caller(0);
  convict(name, {function != nullptr ? function : "finish_world", current_task()},
          {nullptr, no_task}, detail);
}

}  // namespace iorace::kern::contract
