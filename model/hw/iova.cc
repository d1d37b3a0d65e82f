// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Simplified: no red-black tree, no magazines; what allocates and frees takes one lock.
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#include "model/hw/contracts.h"
#include "model/hw/dma_iommu.h"
#include "model/world.h"

namespace iorace::kern {
int init_iova_domain(iova_domain* iovad) {
  KFUNC();
  iovad->start_pfn = 1;
  auto* const rcaches = kzalloc<iova_rcaches>();
  if (rcaches == nullptr) return -ENOMEM;
  spin_lock_init(&rcaches->lock);
  iovad->rcaches = rcaches;
  return 0;
}

void put_iova_domain(iova_domain* iovad) {
  KFUNC();
  iova_rcaches* const rcaches = iovad->rcaches;
  kfree(rcaches);
}

u64 alloc_iova_fast(iova_domain* iovad, u64 pages, u64 limit_pfn) {
  KFUNC();
  iova_rcaches* const rcaches = iovad->rcaches;
  BUG_ON(rcaches == nullptr);  // where the kernel would take an exception
  u64 found = 0;
  spin_lock(&rcaches->lock);
  const u64 taken = rcaches->taken;
  for (u64 pfn = limit_pfn + 1 - pages; pfn >= 1 && found == 0; --pfn)
    if ((taken & iova_bits(pfn, pages)) == 0 && pfn % pages == 0) found = pfn;
  if (found != 0) {
    rcaches->taken = taken | iova_bits(found, pages);
    CONTRACT(iova_taken, iovad, found, pages);
  }
  spin_unlock(&rcaches->lock);
  return found;
}

void free_iova_fast(iova_domain* iovad, u64 pfn, u64 pages) {
  KFUNC();
  iova_rcaches* const rcaches = iovad->rcaches;
  spin_lock(&rcaches->lock);
  const u64 taken = rcaches->taken;
  const u64 bits = iova_bits(pfn, pages);
  WARN_ON((taken & bits) != bits);
  rcaches->taken = taken & ~bits;
  CONTRACT(iova_given_back, iovad, pfn, pages);
  spin_unlock(&rcaches->lock);
}

}  // namespace iorace::kern
