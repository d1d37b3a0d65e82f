// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The scheduler's own work on a task's fiber is none of ThreadSanitizer's business, but its
// interceptors (memcpy, operator new) would watch it even in uninstrumented code. A scope makes it
// look away; nothing outside TSan builds.
#pragma once

#include "scheduler/engine/fiber.h"

namespace iorace {

class scheduler_scope {
 public:
#ifdef IORACE_TSAN
  explicit scheduler_scope(fiber& f) : fiber_(f) { fiber_.ignore(true); }
  ~scheduler_scope() { fiber_.ignore(false); }
  scheduler_scope(const scheduler_scope&) = delete;
  scheduler_scope& operator=(const scheduler_scope&) = delete;

 private:
  fiber& fiber_;
#else
  explicit scheduler_scope(fiber&) {}
#endif
};

}  // namespace iorace
