// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct completion: counts. complete() lets one waiter through, now or later; complete_all() all
// of them until the next reinit_completion(). A reinit that overtakes a waiter takes its wake-up
// away.
#pragma once

#include "scheduler/engine/sync_base.h"

namespace iorace {

struct completion {
  sync_base base;
  std::uint32_t done = 0;  // completion_all_done after complete_all
};
constexpr std::uint32_t completion_all_done = 0xffffffff;

void init_completion(completion* c);
// Blocks: a point.
void reinit_completion(completion* c);
void complete(completion* c);
void complete_all(completion* c);
// Blocks: until done is not 0.
void wait_for_completion(completion* c);
// Returns 0 if the time ran out, else what is left of it, at least 1 (timeouts: see waitqueue.h).
// Blocks: until done is not 0 or the time has run out.
unsigned long wait_for_completion_timeout(completion* c, unsigned long timeout);
// Takes one if there is one. Blocks: a point.
bool try_wait_for_completion(completion* c);
// Returns true iff a waiter would not wait. Blocks: a point.
bool completion_done(completion* c);

}  // namespace iorace
