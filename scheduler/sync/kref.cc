// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/kref.h"

namespace iorace {

void kref_init(kref* k) { refcount_set(&k->refcount, 1); }
unsigned kref_read(const kref* k) { return refcount_read(&k->refcount); }
void kref_get(kref* k) { refcount_inc(&k->refcount); }
bool kref_get_unless_zero(kref* k) { return refcount_inc_not_zero(&k->refcount); }

int kref_put(kref* k, void (*release)(kref* k)) {
  if (!refcount_dec_and_test(&k->refcount)) return 0;
  release(k);
  return 1;
}

int kref_put_mutex(kref* k, void (*release)(kref* k), mutex* lock) {
  if (refcount_dec_not_one(&k->refcount)) return 0;
  mutex_lock(lock);
  if (!refcount_dec_and_test(&k->refcount)) {
    mutex_unlock(lock);
    return 0;
  }
  release(k);
  return 1;
}

}  // namespace iorace
