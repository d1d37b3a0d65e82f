// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who wants to know that the memory of a process goes. Only with the limit mmu_notifier.
// Kernel: mm/mmu_notifier.c @ 6.12.117.
// 1. `first`, `next` and `hashed` change under the lock; who walks is in an SRCU section.
// 2. A notifier that has been put is freed once those that may have it are over.
#pragma once

#include "model/mm/user_mm.h"
#include "scheduler/sync/rcu.h"
#include "scheduler/sync/spinlock.h"

namespace iorace::kern {

struct mmu_notifier;
struct mmu_notifier_ops {
  void (*release)(mmu_notifier*);
  void (*free_notifier)(mmu_notifier*);
};
struct mmu_notifier {
  const mmu_notifier_ops* ops;
  shared<mmu_notifier*> next;
  shared<u64> hashed;
  shared<user_mm_struct*> mm;
  shared<u64> users;
  rcu_head rcu;
};
IORACE_DESCRIBE(mmu_notifier, "notifier", next, hashed, mm, users, rcu);

struct mmu_notifier_subscriptions {
  spinlock_t lock;
  shared<mmu_notifier*> first;
};
IORACE_DESCRIBE(mmu_notifier_subscriptions, "notifiers", lock, first);

bool exits_notify();
// Returns 0 or -ENOMEM. Requires: a user of the process.
int mmu_notifier_register(mmu_notifier* notifier, user_mm_struct* mm);
// Who calls must see to it that nothing can be reached through it any more.
void mmu_notifier_put(mmu_notifier* notifier);

}  // namespace iorace::kern
