// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct kref: a reference count whose last put releases the object, at once and in the context of
// the task that puts it: under its locks, and atomic if that is. Events and misuse are those of the
// refcount_t inside.
#pragma once

#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"

namespace iorace {

struct kref {
  refcount_t refcount;
};

// Blocks: each of these is one event of the count.
void kref_init(kref* k);
unsigned kref_read(const kref* k);
// Requires: the caller holds a reference. One raised from zero is refcount-misuse.
void kref_get(kref* k);
// Returns false, and changes nothing, if the object is on its way out.
bool kref_get_unless_zero(kref* k);

// Drops a reference; the last one calls `release`. Returns 1 iff it did.
int kref_put(kref* k, void (*release)(kref* k));
// The same for an object that others find under `lock`: the last put takes it and is the last only
// if nobody has come in between; `release` runs with it held and has to drop it.
// Blocks: until the lock is free, where the count may be one.
int kref_put_mutex(kref* k, void (*release)(kref* k), mutex* lock);

}  // namespace iorace
