// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A domain as iommufd knows it: what its driver does with it, and which IOVAs it can translate.
// Kernel: include/linux/iommu.h, drivers/iommu/iommu.c @ 6.12.117.
#pragma once

#include "model/hw/io_pgtable.h"

namespace iorace::kern {

struct iommu_domain;

// Sizes are in bytes and multiples of the domain's page size.
struct iommu_domain_ops {
  // Returns 0, -ENOMEM, or what the driver refuses with.
  int (*map_pages)(iommu_domain* domain, unsigned long iova, unsigned long paddr,
                   unsigned long size);
  // Returns how much was unmapped, once hardware has forgotten it. Blocks.
  unsigned long (*unmap_pages)(iommu_domain* domain, unsigned long iova, unsigned long size);
  unsigned long (*iova_to_phys)(iommu_domain* domain, unsigned long iova);
  void (*free)(iommu_domain* domain);
};

// Begins what the driver allocates. Nothing of it changes once it is made.
struct iommu_domain {
  shared<const iommu_domain_ops*> ops;
  shared<unsigned long> aperture_start, aperture_end, page_size;
};
IORACE_DESCRIBE(iommu_domain, "iommu_domain", ops, aperture_start, aperture_end, page_size);

// For drivers: the physical address of page `pfn` of a domain, which has to be mapped.
unsigned long mapped_at(io_pgtable* pgtable, u64 pfn);

void iommu_domain_free(iommu_domain* domain);
// Simplified: one call maps one page or a part of one, never a run of contiguous pages.
int iommu_map(iommu_domain* domain, unsigned long iova, unsigned long paddr, unsigned long size);
unsigned long iommu_unmap(iommu_domain* domain, unsigned long iova, unsigned long size);
unsigned long iommu_iova_to_phys(iommu_domain* domain, unsigned long iova);

}  // namespace iorace::kern
