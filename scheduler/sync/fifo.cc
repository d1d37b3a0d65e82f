// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/fifo.h"

namespace iorace {

void fifo_push(fifo& q, fifo_link& link, task_id task) {
  link = {nullptr, task};
  fifo_link** end = &q.first;
  while (*end != nullptr) end = &(*end)->next;
  *end = &link;
}

void fifo_remove(fifo& q, fifo_link& link) {
  fifo_link** at = &q.first;
  while (*at != &link) at = &(*at)->next;
  *at = link.next;
}

}  // namespace iorace
