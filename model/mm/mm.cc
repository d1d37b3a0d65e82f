// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: mm/gup.c @ 6.12.117.
#include "model/mm/mm.h"

#include "model/iommufd/contracts.h"
#include "model/pin_records.h"
#include "model/world.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

mm_struct* make_mm() {
  auto* const mm = make<mm_struct>();
  init_rwsem(&mm->mmap_lock);
  const std::size_t n = limit_value(limit::user_pages);
  void* const pages = allocate_object(*class_of<page>(), n * sizeof(page), gfp::kernel, false);
  for (std::size_t i = 0; i < n; ++i) ::new (static_cast<page*>(pages) + i) page;
  this_world().pages = static_cast<page*>(pages);
  return mm;
}

void free_mm(mm_struct* mm) {
  kfree(this_world().pages);
  kfree(mm);
}

page* pfn_to_page(unsigned long pfn) { return this_world().pages + pfn; }

dma_page* phys_to_memory(unsigned long paddr) {
  return &pfn_to_page(paddr / PAGE_SIZE)->memory[paddr % PAGE_SIZE / MOCK_IO_PAGE_SIZE];
}

static unsigned long byte_of(const dma_page* memory) {
  return static_cast<unsigned long>(reinterpret_cast<const char*>(memory) -
                                    reinterpret_cast<const char*>(this_world().pages));
}

unsigned long memory_to_phys(const dma_page* memory) {
  const unsigned long byte = byte_of(memory);
  const unsigned long within = byte % sizeof(page) - offsetof(page, memory);
  return byte / sizeof(page) * PAGE_SIZE + within / sizeof(dma_page) * MOCK_IO_PAGE_SIZE;
}

bool is_unpinned(const dma_page* memory) {
  const unsigned long pfn = byte_of(memory) / sizeof(page);
  return pfn < limit_value(limit::user_pages) && atomic_peek(&pfn_to_page(pfn)->pincount) == 0;
}

static bool user_pfn(unsigned long uptr, unsigned long* pfn) {
  if (uptr < user_memory_start) return false;
  *pfn = (uptr - user_memory_start) / PAGE_SIZE;
  return *pfn < limit_value(limit::user_pages);
}

bool user_range_ok(unsigned long uptr, unsigned long length) {
  unsigned long last = 0;
  unsigned long pfn = 0;
  if (check_add_overflow(uptr, length - 1, &last)) return false;
  return user_pfn(uptr, &pfn) && user_pfn(last, &pfn);
}

// Simplified: all tasks share one mm, so this is the fast path without mmap_lock; the fault that
// the user may delay is one event.
long pin_user_pages(unsigned long uptr, unsigned long npages, u32* pfns) {
  KFUNC();
  unsigned long pfn = 0;
  if (!copy_from_user("pin_user_pages")) return -EFAULT;
  if (!user_pfn(uptr, &pfn)) return -EFAULT;
  const unsigned long n = std::min(npages, limit_value(limit::user_pages) - pfn);
  for (unsigned long i = 0; i < n; ++i) {
    atomic_inc(&pfn_to_page(pfn + i)->pincount);
    CONTRACT(page_repinned, pfn + i);
    pfns[i] = static_cast<u32>(pfn + i);
  }
  return static_cast<long>(n);
}

void unpin_user_page(unsigned long pfn) {
  KFUNC();
  atomic_dec(&pfn_to_page(pfn)->pincount);
  CONTRACT(page_repinned, pfn);
  CONTRACT(page_unpinned, pfn);
}

long get_user_page(unsigned long uptr, u32* pfn) {
  KFUNC();
  unsigned long found = 0;
  if (!copy_from_user("get_user_pages") || !user_pfn(uptr, &found)) return -EFAULT;
  *pfn = static_cast<u32>(found);
  return 1;
}

}  // namespace iorace::kern
