// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// seqcount_t and seqcount_spinlock_t: a reader looks, and looks again if a writer was there. The
// count is odd while a writer writes; a reader waits for an even one (nothing spins here). What is
// read inside has to be marked, as it may change meanwhile. A write section is atomic context: a
// writer that slept would keep the readers spinning.
#pragma once

#include "scheduler/engine/sync_base.h"
#include "scheduler/sync/spinlock.h"

namespace iorace {

struct seqcount_t {
  sync_base base;
  std::uint32_t sequence = 0;
  task_id writer = 0;  // 0 is nobody, else its id + 1
};

// A count whose writers hold `lock`: lockdep-assert where they do not.
struct seqcount_spinlock_t {
  seqcount_t seqcount;
  const spinlock_t* lock = nullptr;
};

void seqcount_init(seqcount_t* s);
void seqcount_spinlock_init(seqcount_spinlock_t* s, const spinlock_t* lock);

// Returns the count. Blocks: until it is even. A task that is writing itself waits for ever.
unsigned read_seqcount_begin(const seqcount_t* s);
unsigned read_seqcount_begin(const seqcount_spinlock_t* s);
// Returns true iff the count is no longer `start`. Blocks: a point.
bool read_seqcount_retry(const seqcount_t* s, unsigned start);
bool read_seqcount_retry(const seqcount_spinlock_t* s, unsigned start);

// Blocks: a point; never waits. A second writer at a time is kernel-warn, and so is an end without
// a beginning.
void write_seqcount_begin(seqcount_t* s);
void write_seqcount_begin(seqcount_spinlock_t* s);
void write_seqcount_end(seqcount_t* s);
void write_seqcount_end(seqcount_spinlock_t* s);

}  // namespace iorace
