// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// DMA: what a device does at any time. An access translates step by step: the context entry, one
// read per level of the page table, then the memory itself.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

// Returns 0, or -EFAULT if the IOMMU blocks the access.
int dma_access(hw_endpoint* dev, unsigned pasid, u64 iova, bool write);

}  // namespace iorace::kern
