// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: mm/mmu_notifier.c @ 6.12.117. Simplified: no ranges, no interval notifiers, and nothing
// interrupts a register.
#include "model/iopf/mmu_notifier.h"

#include "model/iopf/iopf_world.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

srcu_struct* srcu() { return &this_world().iopf->sva->notifiers; }

// Requires: the lock. Who stands on it can still go on.
void hlist_del_init_rcu(mmu_notifier_subscriptions* all, mmu_notifier* notifier) {
  if (notifier->hashed == 0) return;
  shared<mmu_notifier*>* at = &all->first;
  while (at->peek() != notifier) at = &at->peek()->next;
  rcu_assign_pointer(*at, notifier->next.peek());
  notifier->hashed = 0;
}

void mmu_notifier_free_rcu(rcu_head* rcu) {
  KFUNC();
  auto* const notifier = container_of(rcu, mmu_notifier, rcu);
  user_mm_struct* const mm = notifier->mm;
  notifier->ops->free_notifier(notifier);
  mmdrop(mm);
}

}  // namespace

bool exits_notify() { return limit_value(limit::mmu_notifier) != 0; }

int mmu_notifier_register(mmu_notifier* notifier, user_mm_struct* mm) {
  KFUNC();
  down_write(&mm->mmap_lock);
  mmu_notifier_subscriptions* all = mm->notifier_subscriptions;
  if (all == nullptr) {
    all = kzalloc<mmu_notifier_subscriptions>();
    if (all == nullptr) {
      up_write(&mm->mmap_lock);
      return -ENOMEM;
    }
    spin_lock_init(&all->lock);
    smp_store_release(mm->notifier_subscriptions, all);
  }
  mmgrab(mm);
  notifier->mm = mm;
  notifier->users = 1;
  spin_lock(&all->lock);
  notifier->next = all->first.peek();
  notifier->hashed = 1;
  rcu_assign_pointer(all->first, notifier);
  spin_unlock(&all->lock);
  up_write(&mm->mmap_lock);
  return 0;
}

void mmu_notifier_put(mmu_notifier* notifier) {
  KFUNC();
  user_mm_struct* const mm = notifier->mm;
  mmu_notifier_subscriptions* const all = mm->notifier_subscriptions;
  spin_lock(&all->lock);
  bool last = !WARN_ON(notifier->users == 0);
  if (last) {
    notifier->users--;
    last = notifier->users == 0;
  }
  if (last) hlist_del_init_rcu(all, notifier);
  spin_unlock(&all->lock);
  if (last) call_srcu(srcu(), &notifier->rcu, mmu_notifier_free_rcu);
}

void mmu_notifier_release(user_mm_struct* mm) {
  if (!exits_notify()) return;
  KFUNC();
  mmu_notifier_subscriptions* const all = mm->notifier_subscriptions;
  if (all == nullptr) return;
  const int section = srcu_read_lock(srcu());
  mmu_notifier* notifier = srcu_dereference(all->first, srcu());
  for (; notifier != nullptr; notifier = srcu_dereference(notifier->next, srcu()))
    notifier->ops->release(notifier);
  spin_lock(&all->lock);
  while (all->first.peek() != nullptr) hlist_del_init_rcu(all, all->first.peek());
  spin_unlock(&all->lock);
  srcu_read_unlock(srcu(), section);
  synchronize_srcu(srcu());
}

void mmu_notifier_subscriptions_destroy(user_mm_struct* mm) {
  mmu_notifier_subscriptions* const all = mm->notifier_subscriptions.peek();
  if (all == nullptr) return;
  BUG_ON(all->first.peek() != nullptr);
  kfree(all);
}

}  // namespace iorace::kern
