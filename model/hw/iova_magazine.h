// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Magazines and depots: for iova*.cc only. Whoever uses one holds the lock of where it is.
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#pragma once

#include "model/hw/iova.h"

namespace iorace::kern {

iova_magazine* iova_magazine_alloc(gfp flags);
void iova_magazine_free(iova_magazine* mag);
// What is in it goes back to the tree.
void iova_magazine_free_pfns(iova_magazine* mag, iova_domain* iovad);
bool iova_magazine_full(const iova_magazine* mag);
bool iova_magazine_empty(const iova_magazine* mag);
// Returns 0 if none is as low as that. Requires: it is not empty.
u64 iova_magazine_pop(iova_magazine* mag, u64 limit_pfn);
void iova_magazine_push(iova_magazine* mag, u64 pfn);

// Requires: the depot has one.
iova_magazine* iova_depot_pop(iova_rcache* rcache);
void iova_depot_push(iova_rcache* rcache, iova_magazine* mag);
void schedule_depot_work(iova_rcache* rcache);
// Gives one magazine back to the tree while there are more than CPUs.
void iova_depot_work_func(work_struct* work);

}  // namespace iorace::kern
