// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The kinds of lock of the selftest driver, taken and dropped.
#include "model/iommufd/selftest_locks.h"

namespace iorace::kern {

// A callback holds no lock of iommufd that a pin under way could be waiting for.
static void lock_settled(selftest_access* staccess) {
  mutex_lock(&staccess->lock);
  while (staccess->npinning != 0) {
    mutex_unlock(&staccess->lock);
    wait_event(staccess->pinning, [staccess] { return READ_ONCE(staccess->npinning) == 0; });
    mutex_lock(&staccess->lock);
  }
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
      mutex_lock(&staccess->lock);
      WRITE_ONCE(staccess->npinning, staccess->npinning + 1);
      mutex_unlock(&staccess->lock);
      break;
    case driver_lock::settled:
      lock_settled(staccess);
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
      mutex_lock(&staccess->lock);
      WRITE_ONCE(staccess->npinning, staccess->npinning - 1);
      mutex_unlock(&staccess->lock);
      wake_up_all(&staccess->pinning);
      break;
  }
}

}  // namespace iorace::kern
