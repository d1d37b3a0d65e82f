// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The memory of processes as drivers see it: a process, and pages with their pin counts.
// Kernel: include/linux/mm_types.h, mm/gup.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "model/mm/dma_page.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/rwsem.h"

namespace iorace::kern {

// One page of the user's memory. Who it belongs to does not matter, how often it is pinned does.
struct page {
  atomic_t pincount;
  dma_page memory[PAGE_SIZE / MOCK_IO_PAGE_SIZE];
};
IORACE_DESCRIBE(page, "page", pincount, memory);

// The one process: its memory begins at user_memory_start and is limit user_pages long.
struct mm_struct {
  rw_semaphore mmap_lock;
};
IORACE_DESCRIBE(mm_struct, "mm", mmap_lock);

inline constexpr unsigned long user_memory_start = 0x100000;

mm_struct* make_mm();
void free_mm(mm_struct* mm);
page* pfn_to_page(unsigned long pfn);
// What devices reach at a physical address, and back.
dma_page* phys_to_memory(unsigned long paddr);
unsigned long memory_to_phys(const dma_page* memory);
// For invariants: memory of a user's page that nobody has pinned. Requires: a world with pages.
bool is_unpinned(const dma_page* memory);
// Pins up to `npages` pages from `uptr` on. Returns how many, stopping at the end of the user's
// memory, or -EFAULT if the first one is not there. Blocks: U.
long pin_user_pages(unsigned long uptr, unsigned long npages, u32* pfns);
void unpin_user_page(unsigned long pfn);
// True iff all of the range is the user's memory.
bool user_range_ok(unsigned long uptr, unsigned long length);
// Looks up a page without pinning it. Returns 1 or -EFAULT. Blocks: U.
long get_user_page(unsigned long uptr, u32* pfn);

}  // namespace iorace::kern
