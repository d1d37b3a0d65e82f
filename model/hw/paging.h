// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a driver of an IOMMU does for the core: domains, and devices that are attached to them.
// Simplified: one set of functions for VT-d in legacy mode and AMD; names are VT-d's.
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/iommu.c @ 6.12.117.
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
// Requires: the caller serialises calls for one device.
int attach_device(paging_domain* domain, hw_endpoint* dev);
// The device is blocked from here on.
void device_block_translation(hw_endpoint* dev);
// The root has changed. Requires: the lock of the domain.
void amd_iommu_update_and_flush_device_table(paging_domain* domain);

}  // namespace iorace::kern
