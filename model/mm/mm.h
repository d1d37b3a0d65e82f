// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The memory of processes as drivers see it: a process, and pages with their pin counts.
// Kernel: include/linux/mm_types.h, mm/gup.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"

namespace iorace::kern {

// One page of the user's memory. Who it belongs to does not matter, how often it is pinned does.
struct page {
  atomic_t pincount;
};
IORACE_DESCRIBE(page, "page", pincount);

// A process: limit user_pages pages of memory, mapped from `memory` on. Those that descend from one
// another map the same pages, as a file in memory is mapped.
// 1. `mm_users` are its threads and who works in it for a while; at 0 the memory is gone.
// 2. One of `mm_count` belongs to all users together; at 0 the struct is gone.
struct mm_struct {
  rw_semaphore mmap_lock;  // locked_vm
  refcount_t mm_users;
  refcount_t mm_count;
  shared<long> locked_vm;  // pages that count against RLIMIT_MEMLOCK
  shared<unsigned long> memory;
};
IORACE_DESCRIBE(mm_struct, "mm", mmap_lock, mm_users, mm_count, locked_vm, memory);

inline constexpr unsigned long user_memory_start = 0x100000;

// The process that the world begins with.
mm_struct* make_mm();
// For worlds whose processes come and go: it has one user, and the world a reference of its own.
void count_users(mm_struct* mm);
void free_mm(mm_struct* mm);
// Another one, whose memory begins at `memory`. Null if there is no memory for it.
mm_struct* mm_alloc(unsigned long memory);
bool mmget_not_zero(mm_struct* mm);
void mmput(mm_struct* mm);
void mmgrab(mm_struct* mm);
void mmdrop(mm_struct* mm);
page* pfn_to_page(unsigned long pfn);
// Pins up to `npages` pages from `uptr` on. Returns how many, stopping at the end of the user's
// memory, or -EFAULT if the first one is not there. Blocks: U.
long pin_user_pages(unsigned long uptr, unsigned long npages, u32* pfns);
void unpin_user_page(unsigned long pfn);
// True iff all of the range is the user's memory.
bool user_range_ok(unsigned long uptr, unsigned long length);
// The same in another process. Requires: mmap_lock. Blocks: U.
long pin_user_pages_remote(mm_struct* mm, unsigned long uptr, unsigned long npages, u32* pfns);
// Looks up a page without pinning it. Returns 1 or -EFAULT. Blocks: U.
long get_user_page(unsigned long uptr, u32* pfn);

}  // namespace iorace::kern
