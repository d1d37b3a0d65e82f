// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommufd/iommu_domain.h"

#include "model/iommufd/iommufd_private.h"
#include "model/mm/mm.h"

namespace iorace::kern {

unsigned long mapped_at(io_pgtable* pgtable, u64 pfn) {
  const dma_page* const memory = pgtable_iova_to_phys(pgtable, pfn);
  WARN_ON(memory == nullptr);
  return memory == nullptr ? 0 : memory_to_phys(memory);
}

void iommu_domain_free(iommu_domain* domain) {
  KFUNC();
  domain->ops.peek()->free(domain);
}

int iommu_map(iommu_domain* domain, unsigned long iova, unsigned long paddr, unsigned long size) {
  KFUNC();
  const unsigned long page_size = domain->page_size.peek();
  WARN_ON(iova % page_size != 0 || size % page_size != 0);
  const int rc = domain->ops.peek()->map_pages(domain, iova, paddr, size);
  WARN_ON(rc == -EEXIST);
  return rc;
}

unsigned long iommu_unmap(iommu_domain* domain, unsigned long iova, unsigned long size) {
  KFUNC();
  const unsigned long page_size = domain->page_size.peek();
  WARN_ON(iova % page_size != 0 || size % page_size != 0);
  return domain->ops.peek()->unmap_pages(domain, iova, size);
}

unsigned long iommu_iova_to_phys(iommu_domain* domain, unsigned long iova) {
  KFUNC();
  return domain->ops.peek()->iova_to_phys(domain, iova);
}

}  // namespace iorace::kern
