// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How the text forms call what an execution shows. Implemented over the engine (engine_names) and
// by tests.
#pragma once

#include <span>
#include <string_view>

#include "scheduler/engine/operation.h"

namespace iorace {

// Valid while an execution is stopped at a point. None of them allocates or blocks. The views live
// until the execution ends, that of place() as long as its buffer.
class names {
 public:
  virtual ~names() = default;
  virtual std::string_view task(task_id t) const = 0;  // "cpu1"
  // The innermost function that `t` is in; empty outside every KFUNC().
  virtual std::string_view function(task_id t) const = 0;
  // "ioas#1.iova_rwsem", "area#2.1", or nothing: what `op` is about, cut to the buffer's size.
  virtual std::string_view place(const pending_op& op, std::span<char> buffer) const = 0;
};

// Enough for every name of an object and its field; longer ones are cut the same way everywhere.
inline constexpr std::size_t place_size = 128;

}  // namespace iorace
