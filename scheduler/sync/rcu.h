// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// RCU, not preemptible, and SRCU. A grace period ends when every read section that had begun before
// it has ended; later ones do not matter. An RCU read section is atomic context, an SRCU one may
// sleep. Sections nest; only the outermost begins and ends one. Callbacks run in atomic context in
// a task of their own per task that asked for them, first come, first served; those that the check
// asks for run at once.
//
// Order: what came before a section's end happens before the end of the grace periods that waited
// for it; what came before the start of a grace period happens before sections that it does not
// wait for. Leaving a section open is lock-held-at-exit, ending one that is not open is
// unlock-not-owner, a grace period inside a section of one's own is a deadlock.
#pragma once

#include "scheduler/engine/shared.h"
#include "scheduler/sync/server.h"

namespace iorace {

struct rcu_reader;

// All that read and wait together.
struct rcu_domain {
  sync_base base;                 // released by ends of sections
  sync_base started;              // released by starts of grace periods
  rcu_reader* readers = nullptr;  // that ever were, in the order of their tasks' names
};

struct srcu_struct {
  rcu_domain domain;
};

struct rcu_head {
  job queued;
  void (*func)(rcu_head*) = nullptr;
  const void* object = nullptr;  // of kfree_rcu
  awaited* sections = nullptr;   // to be over before
};

// Blocks: a point each, but for nested ones; none waits.
void rcu_read_lock();
void rcu_read_unlock();
bool rcu_read_lock_held();
// Blocks: for a grace period.
void synchronize_rcu();
// Calls func(head) after a grace period. A head that is still queued is kernel-warn. Blocks: a
// point.
void call_rcu(rcu_head* head, void (*func)(rcu_head*));
void kfree_rcu_head(const void* object, rcu_head* head);
// kfree_rcu(p, rcu): frees *p, whose member `rcu` is an rcu_head, after a grace period.
#define kfree_rcu(pointer, member) ::iorace::kfree_rcu_head((pointer), &(pointer)->member)
// Blocks: until all callbacks that were asked for before have been called.
void rcu_barrier();

// Returns 0. Never fails.
int init_srcu_struct(srcu_struct* srcu);
// Requires: no sections, else kernel-warn.
void cleanup_srcu_struct(srcu_struct* srcu);
// Returns what the unlock wants. Blocks: a point.
int srcu_read_lock(srcu_struct* srcu);
void srcu_read_unlock(srcu_struct* srcu, int index);
bool srcu_read_lock_held(const srcu_struct* srcu);
void synchronize_srcu(srcu_struct* srcu);
void call_srcu(srcu_struct* srcu, rcu_head* head, void (*func)(rcu_head*));
void srcu_barrier(srcu_struct* srcu);

// Convicts (lockdep-assert) unless in an RCU read section or `otherwise`.
void rcu_assert_held(bool otherwise);

template <class T, class V>
void rcu_assign_pointer(shared<T>& p, V v) {
  p.store(op_kind::store_release, static_cast<T>(v));
}
template <class T, class V>
void RCU_INIT_POINTER(shared<T>& p, V v) {
  p.store(op_kind::write_once, static_cast<T>(v));
}
// Simplified: an acquire, where the kernel orders only what depends on the pointer.
template <class T>
T rcu_dereference_check(const shared<T>& p, bool otherwise) {
  rcu_assert_held(otherwise);
  return p.load(op_kind::load_acquire);
}
template <class T>
T rcu_dereference(const shared<T>& p) {
  return rcu_dereference_check(p, false);
}
template <class T>
T srcu_dereference(const shared<T>& p, const srcu_struct* srcu) {
  rcu_assert_held(srcu_read_lock_held(srcu));
  return p.load(op_kind::load_acquire);
}
// For updaters, who keep the pointer from changing: a plain read.
template <class T>
T rcu_dereference_protected(const shared<T>& p, bool holds) {
  rcu_assert_held(holds);
  return p.load(op_kind::read);
}
// For looks at the value alone.
template <class T>
T rcu_access_pointer(const shared<T>& p) {
  return p.load(op_kind::read_once);
}

}  // namespace iorace
