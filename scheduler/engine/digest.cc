// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The digest of an execution, on a page of its own: the hash wants its loops unrolled.
// Inline: as wide as the machine can takes longer, and all that is not wide after it, too.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scheduler/engine/engine.h"

namespace iorace {

std::uint64_t engine::digest() const {
  return XXH3_64bits(record_->steps, step_count_ * sizeof(step));
}

}  // namespace iorace
