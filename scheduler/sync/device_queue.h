// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device that works off what is queued for it, and words in memory by which it says how far it
// has come. What is queued, what the device has begun with and what a waiter has been told are
// three different things: that is what these are for.
//
// The device is a task of its own (hw1 for the first device_queue_init of the setup), which does
// one command after the other in the order of their submission and rests while there is none. A
// poller does not sleep: polling is allowed in atomic context, and waits for the device. What the
// setup and the check submit is done at once.
//
// Order: submission happens before the command is begun, a status before whoever has polled it.
#pragma once

#include <cstdint>

#include "scheduler/sync/server.h"

namespace iorace {

struct device_command {
  job queued;
  void (*execute)(device_command*) = nullptr;
};

struct device_queue {
  server* device = nullptr;
};

// A number that only the device writes.
struct device_status {
  sync_base base;
  std::uint64_t value = 0;
  awaited* pollers = nullptr;
  struct device_status_write* writes = nullptr;
};

// No operation. For setups.
void device_queue_init(device_queue* q);
void device_status_init(device_status* s);
// The doorbell. `command` is, or begins, an object that is not freed before it has been done.
// Blocks: a point; never waits.
void device_submit(device_queue* q, device_command* command);
// For commands. Blocks: a point.
void device_status_set(device_status* s, std::uint64_t value);
// Blocks: until the status has once been `at_least`.
void device_poll(device_status* s, std::uint64_t at_least);
// For invariants and printing: no operation.
std::uint64_t device_status_peek(const device_status* s);

}  // namespace iorace
