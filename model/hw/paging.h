// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a driver of an IOMMU does for the core: domains, devices that are attached to them, pages
// that are mapped in them. Simplified: one set of functions for VT-d in legacy mode with PASIDs and
// for AMD; names are VT-d's.
// Kernel: drivers/iommu/intel/{iommu,pasid}.c, drivers/iommu/amd/iommu.c @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

// Returns null if an allocation fails.
paging_domain* paging_domain_alloc(hw_iommu* iommu, u64 type);
// Requires: no device is attached, nobody maps or unmaps.
void paging_domain_free(paging_domain* domain);

// The kernel's part of a device. Returns 0 or -ENOMEM.
int device_probe(hw_endpoint* dev);
// Frees it. Requires: translation is blocked.
void device_release(hw_endpoint* dev);

// Blocks translation, then attaches. Returns 0, -ENOMEM, -ENOSPC without a free domain id.
// Requires: the caller serialises calls for one device, here and below.
int attach_device(paging_domain* domain, hw_endpoint* dev);
// The device is blocked from here on.
void device_block_translation(hw_endpoint* dev, bool tagged = true);
// The same for the device's PASID, whatever it was attached to.
int set_dev_pasid(paging_domain* domain, hw_endpoint* dev, unsigned pasid);
void remove_dev_pasid(hw_endpoint* dev, unsigned pasid);

// What an unmap has cleared and not invalidated yet.
struct iotlb_gather {
  list_head* freelist;
  u64 pfn, pages;
  bool queued;  // the flush queue will do it
};
void iotlb_gather_init(iotlb_gather* gather);
// Both return how many pages were unmapped; the first one leaves caches as they are.
u64 unmap_fast(paging_domain* domain, u64 pfn, u64 pages, iotlb_gather* gather);
u64 unmap_strict(paging_domain* domain, u64 pfn, u64 pages);
// Invalidates what was gathered, then frees tables. Blocks: until hardware has forgotten them.
void iotlb_sync(paging_domain* domain, iotlb_gather* gather);
void flush_iotlb_all(paging_domain* domain);

// AMD: the root has changed. Requires: the lock of the domain.
void amd_iommu_update_and_flush_device_table(paging_domain* domain);

}  // namespace iorace::kern
