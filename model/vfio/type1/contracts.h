// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The moments at which the chapter's invariants may be judged; see contracts.cc.
#pragma once

#include "model/iommufd/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::contract {

void container_made(const type1::vfio_iommu* iommu);
void mm_made(const type1::mm_struct* mm);
// iommu->lock is about to be dropped.
void iommu_lock_released(const type1::vfio_iommu* iommu);
// The address of the mapping is about to be used.
void vaddr_used(const type1::vfio_dma* dma);
// An accounting that could not be done, because the process has gone.
void account_skipped(const type1::vfio_dma* dma);
void pfn_unpinned(unsigned long pfn);
// A driver's pin of a page is complete, is undone. Requires: iommu->lock.
void page_held(const type1::vfio_iommu* iommu, unsigned long iova);
void page_let_go(const type1::vfio_iommu* iommu, unsigned long iova);
// A wait for an address has ended in an error.
void wait_failed(const type1::vfio_iommu* iommu, const type1::mdev_device* device);

}  // namespace iorace::kern::contract
