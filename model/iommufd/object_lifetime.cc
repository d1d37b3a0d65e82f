// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommufd/iommufd_private.h, main.c @ 6.12.117.
#include "model/iommufd/object_lifetime.h"

namespace iorace::kern {

// Whom the last short term user wakes.
static constexpr void (*wake_rows[])(wait_queue_head_t*) = {
    wake_up_interruptible_all,  // interruptible
    wake_up_all,                // all
};

int shortterm_user::enter(lifetime_lock kind) const {
  const bool entered = kind == lifetime_lock::shortterm_users
                           ? refcount_inc_not_zero(&obj->shortterm_users)
                           : down_read_trylock(&obj->destroy_rwsem);
  return entered ? 0 : -ENOENT;
}

void shortterm_user::leave(lifetime_lock kind) const {
  switch (kind) {
    case lifetime_lock::shortterm_users:
      if (refcount_dec_and_test(&obj->shortterm_users))
        wake_rows[chosen(knob::put_object_wake)](&ictx->destroy_wait);
      break;
    case lifetime_lock::destroy_rwsem:
      up_read(&obj->destroy_rwsem);
      // The tail of up_read(), which touches the semaphore after it has let the destroyer in.
      (void)READ_ONCE(obj->id);
      break;
  }
}

// The waiter sleeps uninterruptibly while put_object wakes interruptible sleepers: it is the timer
// that ends the wait.
static int iommufd_object_dec_wait_shortterm(iommufd_ctx* ictx, iommufd_object* to_destroy) {
  KFUNC();
  if (refcount_dec_and_test(&to_destroy->shortterm_users)) return 0;
  const auto gone = [&] { return refcount_read(&to_destroy->shortterm_users) == 0; };
  if (wait_event_timeout(ictx->destroy_wait, gone, 60 * HZ) != 0) return 0;
  refcount_inc(&to_destroy->shortterm_users);
  return -EBUSY;
}

int shortterm_destroyer::enter(lifetime_lock kind) const {
  if (kind == lifetime_lock::shortterm_users) return iommufd_object_dec_wait_shortterm(ictx, obj);
  down_write(&obj->destroy_rwsem);
  return 0;
}

void shortterm_destroyer::leave(lifetime_lock kind) const {
  if (kind == lifetime_lock::shortterm_users)
    refcount_set(&obj->shortterm_users, 1);
  else
    up_write(&obj->destroy_rwsem);
}

}  // namespace iorace::kern
