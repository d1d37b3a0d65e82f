// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The memory of a process that comes and goes. Kernel: include/linux/mm_types.h, sched/mm.h
// @ 6.12.117. Those that descend from one another map the same pages, as a file in memory is
// mapped.
#pragma once

#include "model/mm/mm.h"
#include "scheduler/sync/refcount.h"

namespace iorace::kern {

// What page requests know a process by; null until it is first bound to a device.
struct iommu_mm_data;
// Of that chapter, too; null until somebody wants to know that the memory goes.
struct mmu_notifier_subscriptions;

// Limit user_pages pages of memory, mapped from `memory` on.
// 1. `mm_users` are its threads and who works in it for a while; at 0 the memory is gone.
// 2. One of `mm_count` belongs to all users together; at 0 the struct is gone, with its PASID.
struct user_mm_struct {
  rw_semaphore mmap_lock;  // locked_vm
  refcount_t mm_users;
  refcount_t mm_count;
  shared<long> locked_vm;  // pages that count against RLIMIT_MEMLOCK
  shared<unsigned long> memory;
  shared<iommu_mm_data*> iommu_mm;
  shared<mmu_notifier_subscriptions*> notifier_subscriptions;
};
IORACE_DESCRIBE(user_mm_struct, "user_mm", mmap_lock, mm_users, mm_count, locked_vm, memory,
                iommu_mm, notifier_subscriptions);

// The first process's.
user_mm_struct* make_user_mm();
// Another one, whose memory begins at `memory`. Null if there is no memory for it.
user_mm_struct* mm_alloc(unsigned long memory);
bool mmget_not_zero(user_mm_struct* mm);
void mmput(user_mm_struct* mm);
void mmgrab(user_mm_struct* mm);
void mmdrop(user_mm_struct* mm);
// Of the chapter of page requests: gives the PASID back. Requires: the last reference.
void mm_pasid_drop(user_mm_struct* mm);
// Of the same: tells who wants to know that the memory goes. Blocks: until all have been told.
void mmu_notifier_release(user_mm_struct* mm);
void mmu_notifier_subscriptions_destroy(user_mm_struct* mm);
// Pins as pin_user_pages() does, in another process. Requires: mmap_lock. Blocks: U.
long pin_user_pages_remote(user_mm_struct* mm, unsigned long uptr, unsigned long npages, u32* pfns);

}  // namespace iorace::kern
