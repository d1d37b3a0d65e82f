// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/admission.h"

#include "scheduler/sync/completion.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace {
namespace {

std::uint8_t if_free(bool free) { return free ? admits_one : std::uint8_t{0}; }

std::uint8_t of_rwsem(const rw_semaphore& s) {
  const bool reader = s.writer == 0 && s.arrived == 0;
  const bool writer = s.writer == 0 && s.readers == 0;
  return static_cast<std::uint8_t>((writer ? admits_one : 0) | (reader ? admits_readers : 0) |
                                   (reader && writer ? admits_try_write : 0));
}

std::uint8_t of_count(int value) {
  return static_cast<std::uint8_t>((value != 0 ? admits_counted : 0) |
                                   (value == 1 ? admits_last : 0));
}

}  // namespace

std::uint8_t admission_needed(op_kind kind) {
  switch (kind) {
    case op_kind::down_read:
    case op_kind::down_read_trylock:
      return admits_readers;
    case op_kind::down_write_trylock:
      return admits_try_write;
    case op_kind::refcount_inc_not_zero:
      return admits_counted;
    case op_kind::refcount_dec_if_one:
      return admits_last;
    default:
      return admits_one;
  }
}

bool at_any_time(const void*, task_id) { return true; }

std::uint8_t admission(op_kind kind, const void* place) {
  switch (kind) {
    case op_kind::mutex_lock:
    case op_kind::mutex_trylock:
    case op_kind::mutex_unlock:
      return if_free(static_cast<const mutex*>(place)->holder == 0);
    case op_kind::spin_lock:
    case op_kind::spin_trylock:
    case op_kind::spin_unlock:
      return if_free(static_cast<const spinlock*>(place)->holder == 0);
    case op_kind::down_read:
    case op_kind::down_read_trylock:
    case op_kind::up_read:
    case op_kind::down_write_arrive:
    case op_kind::down_write:
    case op_kind::down_write_trylock:
    case op_kind::up_write:
    case op_kind::downgrade_write:
      return of_rwsem(*static_cast<const rw_semaphore*>(place));
    case op_kind::complete:
    case op_kind::complete_all:
    case op_kind::wait_for_completion:
    case op_kind::try_wait_for_completion:
    case op_kind::reinit_completion:
    case op_kind::completion_done:
      return if_free(static_cast<const completion*>(place)->done != 0);
    case op_kind::xa_load:
    case op_kind::xa_store:
    case op_kind::xa_alloc:
    case op_kind::xa_reserve:
    case op_kind::xa_erase:
    case op_kind::xa_cmpxchg:
    case op_kind::xa_find:
    case op_kind::xa_lock:
    case op_kind::xa_unlock:
      return if_free(static_cast<const xarray*>(place)->holder == 0);
    case op_kind::refcount_read:
    case op_kind::refcount_set:
    case op_kind::refcount_inc:
    case op_kind::refcount_inc_not_zero:
    case op_kind::refcount_dec:
    case op_kind::refcount_dec_and_test:
    case op_kind::refcount_dec_if_one:
      return of_count(refcount_peek(static_cast<const refcount_t*>(place)));
    default:
      return admits_all;
  }
}

}  // namespace iorace
