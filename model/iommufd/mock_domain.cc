// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*) @ 6.12.117.
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

}  // namespace iorace::kern
