// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/admission.h"

#include "scheduler/sync/alarm.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/seqcount.h"
#include "scheduler/sync/server.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace {
namespace {

std::uint8_t if_free(bool free) { return free ? admits_one : std::uint8_t{0}; }

constexpr attendance reader = 1, arrived = 1u << 10, writer = 1u << 20;

attendance of_rwsem(const rw_semaphore& s) {
  return s.readers * reader + s.arrived * arrived + (s.writer != 0 ? writer : 0);
}

std::uint8_t of_count(int value) {
  return static_cast<std::uint8_t>((value != 0 ? admits_counted : 0) |
                                   (value == 1 ? admits_last : admits_not_last));
}

std::uint8_t of_alarm(const alarm& a, const moment& now) {
  return static_cast<std::uint8_t>(
      (a.set && a.soon ? admits_alarm : 0) | (has_expired(now.e, a, now.behind) ? admits_late : 0) |
      (a.running ? 0 : admits_deleters) |
      (a.worker != nullptr && has_job(a.worker, 0) ? admits_server : 0));
}

// The alarm of a delayed item is beside its worker.
std::uint8_t of_server(const server& s, const moment& now) {
  if (s.beside != nullptr) return of_alarm(*reinterpret_cast<const alarm*>(s.beside), now);
  return s.first != nullptr ? admits_server : std::uint8_t{0};
}

// Of counts with a writer, and of what happens later.
std::uint8_t of_deferred(op_kind kind, const void* place, const moment& now) {
  switch (kind) {
    case op_kind::call_rcu:
    case op_kind::rcu_callback:
    case op_kind::rcu_callback_end:
    case op_kind::queue_work:
    case op_kind::work_start:
    case op_kind::work_end:
    case op_kind::enable_work:
    case op_kind::device_submit:
    case op_kind::device_fetch:
    case op_kind::device_done:
      return of_server(*static_cast<const server*>(place), now);
    case op_kind::cancel_work:
    case op_kind::cancel_work_sync:
      return of_server(*static_cast<const server*>(place)->item_at, now);
    case op_kind::mod_timer:
    case op_kind::timer_delete:
    case op_kind::timer_delete_sync:
    case op_kind::timer_expire:
    case op_kind::timer_end:
    case op_kind::queue_delayed_work:
    case op_kind::mod_delayed_work:
    case op_kind::cancel_delayed_work:
    case op_kind::cancel_delayed_work_sync:
      return of_alarm(*static_cast<const alarm*>(place), now);
    case op_kind::read_seqcount_begin:
    case op_kind::read_seqcount_retry:
    case op_kind::write_seqcount_begin:
    case op_kind::write_seqcount_end:
      return if_free(static_cast<const seqcount_t*>(place)->sequence % 2 == 0);
    default:
      return admits_all;
  }
}

std::uint8_t of_place(op_kind kind, const void* place, const moment& now) {
  if (counts_attendance(kind)) return admission_of(attendance_at(kind, place));
  switch (kind) {
    case op_kind::mutex_lock:
    case op_kind::mutex_trylock:
    case op_kind::mutex_unlock:
      return if_free(static_cast<const mutex*>(place)->holder == 0);
    case op_kind::spin_lock:
    case op_kind::spin_trylock:
    case op_kind::spin_unlock:
      return if_free(static_cast<const spinlock*>(place)->holder == 0);
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
    case op_kind::refcount_dec_not_one:
      return of_count(refcount_peek(static_cast<const refcount_t*>(place)));
    default:
      return of_deferred(kind, place, now);
  }
}

}  // namespace

bool counts_attendance(op_kind kind) {
  switch (kind) {
    case op_kind::down_read:
    case op_kind::down_read_trylock:
    case op_kind::up_read:
    case op_kind::down_write_arrive:
    case op_kind::down_write:
    case op_kind::down_write_trylock:
    case op_kind::up_write:
    case op_kind::downgrade_write:
      return true;
    default:
      return false;
  }
}

attendance attendance_at(op_kind kind, const void* place) {
  return counts_attendance(kind) ? of_rwsem(*static_cast<const rw_semaphore*>(place)) : 0;
}

std::uint8_t admission_of(attendance who) {
  const bool read = who < arrived;
  const bool write = who < writer && who % arrived == 0;
  return static_cast<std::uint8_t>((write ? admits_one : 0) | (read ? admits_readers : 0) |
                                   (read && write ? admits_try_write : 0));
}

std::uint8_t admission_needed(op_kind kind) {
  if ((traits(kind).flags & op_lasts) != 0) return admits_lasting;
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
    case op_kind::refcount_dec_not_one:
      return admits_not_last;
    case op_kind::work_start:
    case op_kind::rcu_callback:
    case op_kind::device_fetch:
      return admits_server;
    case op_kind::timer_expire:
      return admits_alarm | admits_late;
    case op_kind::timer_delete_sync:
      return admits_deleters;
    default:
      return admits_one;
  }
}

bool at_any_time(const void*, task_id) { return true; }

std::uint8_t admission(op_kind kind, const void* place, const moment& now) {
  return of_place(kind, place, now) | admits_lasting;
}

}  // namespace iorace
