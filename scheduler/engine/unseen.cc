// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// ThreadSanitizer must not see invariants look. This file is never instrumented, and copies byte by
// byte, for memcpy is intercepted.
#include "scheduler/engine/shared.h"

namespace iorace {

#ifdef IORACE_TSAN
void copy_unseen(void* to, const void* from, unsigned size) {
  auto* out = static_cast<volatile char*>(to);
  const auto* in = static_cast<const volatile char*>(from);
  for (unsigned i = 0; i < size; ++i) out[i] = in[i];
}
#endif

}  // namespace iorace
