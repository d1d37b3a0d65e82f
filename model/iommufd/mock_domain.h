// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The mock of the selftest: an IOMMU, and for every domain of it a device that is attached to it.
// The domain is a page table that the device walks, and everything behind it is model/hw.
// Simplified: one call of the selftest makes a device, its domain and its hardware page table.
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*, mock_dev_*) @ 6.12.117.
#pragma once

#include "model/hw/paging.h"
#include "model/iommufd/iommu_domain.h"
#include "model/mm/mm.h"

namespace iorace::kern {

inline constexpr unsigned long MOCK_APERTURE_START = 1ul << 24;
inline constexpr unsigned long MOCK_APERTURE_LAST = (1ul << 31) - 1;

struct mock_iommu_domain {
  iommu_domain domain;
  shared<paging_domain*> paging;
  shared<hw_endpoint*> dev;  // null while none is attached
};
IORACE_DESCRIBE(mock_iommu_domain, "domain", domain, paging, dev);

inline constexpr unsigned mock_hwpts_max = 64;

// The hardware: lives as long as the execution.
struct mock_machine {
  hw_iommu* iommu;
  shared<hw_endpoint*>* device;  // by the number of the hardware page table; published
};
void make_mock_machine();

// Returns ERR_PTR of -ENOMEM if an allocation fails.
iommu_domain* mock_domain_alloc_paging();
// Makes a device and attaches it. Returns 0 or -ENOMEM. `id`: of the hardware page table.
int mock_domain_attach_device(iommu_domain* domain, u32 id);
bool is_mock(const iommu_domain* domain);
// Detaches it again, if there is one.
void mock_domain_detach_device(iommu_domain* domain);
// The device of hardware page table `id` accesses memory. Returns 0, -EFAULT, or -ENOENT if there
// never was one.
int mock_device_dma(u32 id, unsigned long iova, bool write);

}  // namespace iorace::kern
