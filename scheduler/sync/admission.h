// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Whom a primitive lets in right now. An exhaustive search asks before and after each event of a
// primitive, so that it knows where a waiting event could have stood: two events of one primitive
// can be exchanged only where the second would have been enabled before the first.
#pragma once

#include <cstdint>

#include "scheduler/engine/operation.h"

namespace iorace {

class engine;

inline constexpr std::uint8_t admits_one = 1;        // exclusive waiters, takers of a completion
inline constexpr std::uint8_t admits_readers = 2;    // down_read
inline constexpr std::uint8_t admits_try_write = 4;  // down_write_trylock
inline constexpr std::uint8_t admits_counted = 8;    // refcount_inc_not_zero
inline constexpr std::uint8_t admits_last = 16;      // refcount_dec_if_one
inline constexpr std::uint8_t admits_not_last = 32;  // refcount_dec_not_one
inline constexpr std::uint8_t admits_alarm = 1;      // timer_expire
inline constexpr std::uint8_t admits_late = 4;       //   because nothing else could move
inline constexpr std::uint8_t admits_deleters = 2;   // timer_delete_sync
inline constexpr std::uint8_t admits_server = 64;    // work_start, rcu_callback
inline constexpr std::uint8_t admits_lasting = 128;  // what LASTS, everywhere
inline constexpr std::uint8_t admits_all = 255;

// Of an execution: what has expired since the step `behind` has not.
struct moment {
  const engine& e;
  step_id behind;
};
// Returns the kinds of events that could pass (that wait for nothing, or try and succeed) at
// `place`, which an event of `kind` names, if their tasks hold nothing there. Places where nobody
// waits or tries admit all.
std::uint8_t admission(op_kind kind, const void* place, const moment& now);
// What an event of `kind` needs for that.
std::uint8_t admission_needed(op_kind kind);

// Whether an event of this kind ends waits of others.
inline bool wakes(op_kind k) {
  return k == op_kind::wake_up || k == op_kind::wake_up_all || k == op_kind::kthread_stop;
}
// Events of an rw_semaphore change admission together: two writers have arrived when the first one
// enters. What its admission follows from are counts, so that the changes that events make can be
// added up in another order than they were made in.
using attendance = std::uint32_t;
// Returns 0 if events of `kind` are at places of other kinds.
attendance attendance_at(op_kind kind, const void* place);
bool counts_attendance(op_kind kind);
std::uint8_t admission_of(attendance who);

// Precondition of a wait that may end by itself at any time.
bool at_any_time(const void* object, task_id task);

}  // namespace iorace
