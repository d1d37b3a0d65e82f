// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver of an IOMMU, as the core calls it (struct iommu_ops): data per device with a pointer to
// the attached domain, a link in that domain's list, and the entry of the requester id, which
// aliases share.
// Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, drivers/iommu/arm/arm-smmu/arm-smmu.c,
// drivers/iommu/intel/iommu.c @ 6.12.117.
#pragma once

#include "model/iommu/iommu.h"

namespace iorace::kern {

int driver_probe_device(device* dev);
void driver_release_device(device* dev);
// `old` is what the device is attached to as far as the core knows; null: nothing yet. Returns 0,
// -ENODEV if the driver does not know the device, or -ENOMEM of one with ATS.
int driver_attach_dev(core_domain* domain, device* dev, core_domain* old);
// Return 0 or -ENOMEM. Requires: the group's mutex.
int driver_set_dev_pasid(core_domain* domain, device* dev, unsigned pasid);
void driver_remove_dev_pasid(core_domain* domain, device* dev, unsigned pasid);

// Nobody is attached, and there is one reference.
void core_domain_init(core_domain* domain);
// Returns the domain, or ERR_PTR of -ENOMEM or, without a free id, -ENOSPC.
core_domain* iommu_paging_domain_alloc(device* dev, u64 type);
// Drops a reference to the domain; the last one frees it, page table and all.
void domain_put(core_domain* domain);

// iommu_map() and iommu_unmap() of one page of the owner's.
int domain_map_page(core_domain* domain, u64 iova, dma_page** page);
// Returns how many pages were unmapped. Blocks: until hardware has forgotten them.
u64 domain_unmap_pages(core_domain* domain, u64 pfn, u64 pages);
void domain_unmap_page(core_domain* domain, u64 iova, dma_page* page);

// What requests of the device, with or without a PASID, are translated by. Null blocks. Aliases
// share the entry: who writes what it says already changes nothing. Blocks: until hardware has
// forgotten what was there.
void write_entry(device* dev, unsigned pasid, core_domain* domain);

}  // namespace iorace::kern
