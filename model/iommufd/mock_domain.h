// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The mock IOMMU domain, which really holds its PTEs, and the user's pages with their pin counts.
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*), mm/gup.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

inline constexpr unsigned long MOCK_IO_PAGE_SIZE = PAGE_SIZE / 2;
inline constexpr unsigned long MOCK_APERTURE_START = 1ul << 24;
inline constexpr unsigned long MOCK_APERTURE_LAST = (1ul << 31) - 1;

// Every mock domain has the same geometry and page size, so they are constants here.
struct iommu_domain {
  xarray pfns;  // iova / MOCK_IO_PAGE_SIZE -> paddr / MOCK_IO_PAGE_SIZE
};
IORACE_DESCRIBE(iommu_domain, "domain", pfns);

iommu_domain* mock_domain_alloc_paging();
void iommu_domain_free(iommu_domain* domain);
// Simplified: one call maps one page or a part of one, never a run of contiguous pages.
int iommu_map(iommu_domain* domain, unsigned long iova, unsigned long paddr, unsigned long size);
unsigned long iommu_unmap(iommu_domain* domain, unsigned long iova, unsigned long size);
unsigned long iommu_iova_to_phys(iommu_domain* domain, unsigned long iova);

// One page of the user's memory. Who it belongs to does not matter, how often it is pinned does.
struct page {
  atomic_t pincount;
};
IORACE_DESCRIBE(page, "page", pincount);

// The one process: its memory begins at user_memory_start and is limit user_pages long.
struct mm_struct {
  rw_semaphore mmap_lock;
};
IORACE_DESCRIBE(mm_struct, "mm", mmap_lock);

inline constexpr unsigned long user_memory_start = 0x100000;

mm_struct* make_mm();
void free_mm(mm_struct* mm);
page* pfn_to_page(unsigned long pfn);
// Pins up to `npages` pages from `uptr` on. Returns how many, stopping at the end of the user's
// memory, or -EFAULT if the first one is not there. Blocks: U.
long pin_user_pages(unsigned long uptr, unsigned long npages, u32* pfns);
void unpin_user_page(unsigned long pfn);
// True iff all of the range is the user's memory.
bool user_range_ok(unsigned long uptr, unsigned long length);
// Looks up a page without pinning it. Returns 1 or -EFAULT. Blocks: U.
long get_user_page(unsigned long uptr, u32* pfn);

}  // namespace iorace::kern
