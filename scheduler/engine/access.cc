// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/engine.h"
#include "scheduler/engine/shared.h"

namespace iorace {

void declare_read(const void* place, op_kind kind, unsigned size, bool pointer) {
  engine::current().access(kind, place, size, pointer, false, 0);
}

void declare_write(const void* place, op_kind kind, unsigned size, bool pointer, std::uint64_t value) {
  engine::current().access(kind, place, size, pointer, true, value);
}

}  // namespace iorace
