// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The kinds of lock of the selftest driver, taken and dropped.
#include "model/iommufd/selftest_locks.h"

namespace iorace::kern {

// Nobody here holds a lock of iommufd that a pin under way could be waiting for.
static void lock_settled(selftest_access* staccess, unsigned long iova, unsigned long length) {
  const unsigned long iova_last = iova + length - 1;
  mutex_lock(&staccess->lock);
  while (interval_tree_iter_first(&staccess->pinning, iova, iova_last) != nullptr) {
    const u32 done = staccess->pins_done;
    mutex_unlock(&staccess->lock);
    wait_event(staccess->pin_done, [=] { return READ_ONCE(staccess->pins_done) != done; });
    mutex_lock(&staccess->lock);
  }
}

static int begin_pin(const driver_locks& locks) {
  auto* const pin = kzalloc<selftest_access_pin>();
  if (pin == nullptr) return -ENOMEM;
  pin->node.start = locks.iova;
  pin->node.last = locks.iova + locks.length - 1;
  mutex_lock(&locks.staccess->lock);
  interval_tree_insert(&pin->node, &locks.staccess->pinning);
  mutex_unlock(&locks.staccess->lock);
  *locks.pin = pin;
  return 0;
}

static void end_pin(const driver_locks& locks) {
  selftest_access* const staccess = locks.staccess;
  mutex_lock(&staccess->lock);
  interval_tree_remove(&(*locks.pin)->node, &staccess->pinning);
  WRITE_ONCE(staccess->pins_done, staccess->pins_done + 1);
  mutex_unlock(&staccess->lock);
  wake_up_all(&staccess->pin_done);
  kfree(*locks.pin);
}

int driver_locks::enter(driver_lock kind) const {
  switch (kind) {
    case driver_lock::none:
      break;
    case driver_lock::mutex:
      mutex_lock(&staccess->lock);
      break;
    case driver_lock::spin:
      spin_lock(&staccess->spin);
      break;
    case driver_lock::pinning:
      return begin_pin(*this);
    case driver_lock::settled:
      lock_settled(staccess, iova, length);
      break;
  }
  return 0;
}

void driver_locks::leave(driver_lock kind) const {
  switch (kind) {
    case driver_lock::none:
      break;
    case driver_lock::mutex:
    case driver_lock::settled:
      mutex_unlock(&staccess->lock);
      break;
    case driver_lock::spin:
      spin_unlock(&staccess->spin);
      break;
    case driver_lock::pinning:
      end_pin(*this);
      break;
  }
}

}  // namespace iorace::kern
