// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The mock IOMMU domain, which really holds its PTEs.
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*) @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "model/mm/mm.h"
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

}  // namespace iorace::kern
