// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Boundary knobs. A flow is straight-line code with named sites; a row says which lock is taken at
// which sites and dropped at which. The variants of a flow are then a table:
//   critical_section cs(rows[chosen(knob::x)], {.sleeping = &lock});
//   cs.at(before_pin); ... cs.at(after_respond);
// The lock is taken when a site that opens is passed without it, dropped when a site that closes is
// passed with it; a site in neither set does nothing. What is not a lock of the kernel's but shuts
// others out all the same is a kind of lock of its own: see section.
#pragma once

#include <cstdint>

#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

// Sites are small enumerators; a set of them is a bit mask.
constexpr std::uint32_t on() { return 0; }
template <class... S>
constexpr std::uint32_t on(unsigned s, S... more) {
  return (1u << s) | on(more...);
}

template <class Kind>
struct section_row {
  Kind kind;
  std::uint32_t opens, closes;
};

// Locks knows how to take and drop each Kind: int enter(Kind), 0 or the error that kept it out, and
// void leave(Kind).
template <class Kind, class Locks>
class section {
 public:
  section(const section_row<Kind>& row, const Locks& locks) : row_(row), locks_(locks) {}
  // For a flow that begins with the lock already taken.
  section(const section_row<Kind>& row, const Locks& locks, bool held)
      : row_(row), locks_(locks), held_(held) {}

  // Returns 0, or the error if the site opens and the lock could not be taken.
  int at(unsigned site) {
    if (!held_ && (row_.opens >> site & 1) != 0) {
      const int rc = locks_.enter(row_.kind);
      held_ = rc == 0;
      return rc;
    }
    if (held_ && (row_.closes >> site & 1) != 0) {
      held_ = false;
      locks_.leave(row_.kind);
    }
    return 0;
  }

 private:
  const section_row<Kind>& row_;
  const Locks locks_;
  bool held_ = false;
};

// The kernel's locks, which can always be taken in the end.
enum class lock_kind : std::uint8_t { none, mutex, spin, read, xa };

struct cs_locks {
  struct mutex* sleeping = nullptr;
  spinlock_t* spinning = nullptr;
  struct rw_semaphore* semaphore = nullptr;
  struct xarray* array = nullptr;

  int enter(lock_kind kind) const {
    switch (kind) {
      case lock_kind::none:
        break;
      case lock_kind::mutex:
        mutex_lock(sleeping);
        break;
      case lock_kind::spin:
        spin_lock(spinning);
        break;
      case lock_kind::read:
        down_read(semaphore);
        break;
      case lock_kind::xa:
        xa_lock(array);
        break;
    }
    return 0;
  }
  void leave(lock_kind kind) const {
    switch (kind) {
      case lock_kind::none:
        break;
      case lock_kind::mutex:
        mutex_unlock(sleeping);
        break;
      case lock_kind::spin:
        spin_unlock(spinning);
        break;
      case lock_kind::read:
        up_read(semaphore);
        break;
      case lock_kind::xa:
        xa_unlock(array);
        break;
    }
  }
};

using cs_row = section_row<lock_kind>;
using critical_section = section<lock_kind, cs_locks>;

}  // namespace iorace::kern
