// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*), mm/gup.c @ 6.12.117.
#include "model/iommufd/mock_domain.h"

#include "model/iommufd/contracts.h"
#include "model/iommufd/iommufd_private.h"
#include "model/world.h"

namespace iorace::kern {

iommu_domain* mock_domain_alloc_paging() {
  KFUNC();
  auto* const domain = kzalloc<iommu_domain>();
  if (domain != nullptr) xa_init(&domain->pfns);
  return domain;
}

void iommu_domain_free(iommu_domain* domain) {
  KFUNC();
  WARN_ON(!xa_empty(&domain->pfns));
  kfree(domain);
}

int iommu_map(iommu_domain* domain, unsigned long iova, unsigned long paddr, unsigned long size) {
  KFUNC();
  if (iommufd_should_fail("mock_domain_map_pages")) return -ENOENT;
  WARN_ON(iova % MOCK_IO_PAGE_SIZE != 0 || size % MOCK_IO_PAGE_SIZE != 0);
  for (unsigned long done = 0; done < size; done += MOCK_IO_PAGE_SIZE) {
    void* const entry = xa_mk_value((paddr + done) / MOCK_IO_PAGE_SIZE);
    void* const old = xa_store(&domain->pfns, (iova + done) / MOCK_IO_PAGE_SIZE, entry);
    if (xa_is_err(old)) {
      iommu_unmap(domain, iova, done);
      return xa_err(old);
    }
    WARN_ON(old);
    CONTRACT(pte_written, paddr / PAGE_SIZE);
  }
  return 0;
}

unsigned long iommu_unmap(iommu_domain* domain, unsigned long iova, unsigned long size) {
  KFUNC();
  WARN_ON(iova % MOCK_IO_PAGE_SIZE != 0 || size % MOCK_IO_PAGE_SIZE != 0);
  unsigned long done = 0;
  for (; done < size; done += MOCK_IO_PAGE_SIZE) {
    void* const old = xa_erase(&domain->pfns, (iova + done) / MOCK_IO_PAGE_SIZE);
    if (old != nullptr) CONTRACT(pte_cleared, xa_to_value(old) * MOCK_IO_PAGE_SIZE / PAGE_SIZE);
  }
  return done;
}

unsigned long iommu_iova_to_phys(iommu_domain* domain, unsigned long iova) {
  KFUNC();
  WARN_ON(iova % MOCK_IO_PAGE_SIZE != 0);
  void* const entry = xa_load(&domain->pfns, iova / MOCK_IO_PAGE_SIZE);
  WARN_ON(entry == nullptr);
  return xa_to_value(entry) * MOCK_IO_PAGE_SIZE;
}

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
    pfns[i] = static_cast<u32>(pfn + i);
  }
  return static_cast<long>(n);
}

void unpin_user_page(unsigned long pfn) {
  KFUNC();
  atomic_dec(&pfn_to_page(pfn)->pincount);
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
