// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// DMA: what a device does at any time. An access translates step by step: device TLB, cached entry
// of the device or the entry itself, IOTLB, cached table or one read per level of the page table,
// one step for what is filled in, and then the memory.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

// Returns 0, or -EFAULT if the IOMMU blocks the access.
int dma_access(hw_endpoint* dev, unsigned pasid, u64 iova, bool write);

// The device drops its TLB and asks for no translations any more / may ask for them.
void pci_disable_ats(hw_endpoint* dev);
void pci_enable_ats(hw_endpoint* dev);

}  // namespace iorace::kern
