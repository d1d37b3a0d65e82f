// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/uaccess.h"

#include "scheduler/engine/points.h"

namespace iorace {

static bool copy(op_kind kind, const char* what) {
  engine& e = engine::current();
  e.begin_plain(kind);
  const bool failed = e.draw_fault(what);
  e.commit(kind, nullptr, failed ? 0 : 1);
  return !failed;
}

bool copy_from_user(const char* what) { return copy(op_kind::copy_from_user, what); }
bool copy_to_user(const char* what) { return copy(op_kind::copy_to_user, what); }

}  // namespace iorace
