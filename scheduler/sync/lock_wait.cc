// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/lock_wait.h"

namespace iorace {

void wait_in_queue(engine& e, op_kind kind, sync_base* object, fifo& waiters, enabled_fn enabled) {
  fifo_link link;
  const bool queue = is_live(object) && object->magic == sync_magic && !enabled(object, e.self());
  if (queue) fifo_push(waiters, link, e.self());
  e.begin(kind, object, enabled);
  if (queue) fifo_remove(waiters, link);
}

}  // namespace iorace
