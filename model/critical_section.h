// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Boundary knobs. A flow is straight-line code with named sites; a row says which lock is taken at
// which sites and dropped at which. The variants of a flow are then a table:
//   critical_section cs(rows[chosen(knob::x)], {.sleeping = &lock});
//   cs.at(before_pin); ... cs.at(after_respond);
// The lock is taken when a site that opens is passed without it, dropped when a site that closes is
// passed with it; a site in neither set does nothing.
#pragma once

#include <cstdint>

#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

enum class lock_kind : std::uint8_t { none, mutex, spin, read, xa };

// Sites are small enumerators; a set of them is a bit mask.
constexpr std::uint32_t on() { return 0; }
template <class... S>
constexpr std::uint32_t on(unsigned s, S... more) {
  return (1u << s) | on(more...);
}

struct cs_row {
  lock_kind kind;
  std::uint32_t opens, closes;
};

struct cs_locks {
  struct mutex* sleeping = nullptr;
  spinlock_t* spinning = nullptr;
  struct rw_semaphore* semaphore = nullptr;
  struct xarray* array = nullptr;
};

class critical_section {
 public:
  critical_section(const cs_row& row, const cs_locks& locks) : row_(row), locks_(locks) {}
  // For a flow that begins with the lock already taken.
  critical_section(const cs_row& row, const cs_locks& locks, bool held)
      : row_(row), locks_(locks), held_(held) {}

  void at(unsigned site) {
    if (!held_ && (row_.opens >> site & 1) != 0)
      enter();
    else if (held_ && (row_.closes >> site & 1) != 0)
      leave();
  }

 private:
  void enter() {
    held_ = true;
    switch (row_.kind) {
      case lock_kind::none:
        break;
      case lock_kind::mutex:
        mutex_lock(locks_.sleeping);
        break;
      case lock_kind::spin:
        spin_lock(locks_.spinning);
        break;
      case lock_kind::read:
        down_read(locks_.semaphore);
        break;
      case lock_kind::xa:
        xa_lock(locks_.array);
        break;
    }
  }
  void leave() {
    held_ = false;
    switch (row_.kind) {
      case lock_kind::none:
        break;
      case lock_kind::mutex:
        mutex_unlock(locks_.sleeping);
        break;
      case lock_kind::spin:
        spin_unlock(locks_.spinning);
        break;
      case lock_kind::read:
        up_read(locks_.semaphore);
        break;
      case lock_kind::xa:
        xa_unlock(locks_.array);
        break;
    }
  }

  const cs_row& row_;
  const cs_locks locks_;
  bool held_ = false;
};

}  // namespace iorace::kern
