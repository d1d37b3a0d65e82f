// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The flush queue of a lazy domain.
// Kernel: drivers/iommu/dma-iommu.c @ 6.12.117.
#pragma once

#include "model/hw/dma_iommu.h"

namespace iorace::kern {

// Stops the timer and frees the ring with the tables on it.
void iommu_dma_free_fq(dma_cookie* cookie);
// Puts what was unmapped on the ring. `counter`: read by the caller already; null otherwise.
void queue_iova(dma_cookie* cookie, u64 pfn, u64 pages, list_head* freelist, const u64* counter);
// What an entry that is queued now has to wait for.
u64 queue_counter(dma_cookie* cookie);

}  // namespace iorace::kern
