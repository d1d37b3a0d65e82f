// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver that uses the DMA API. What a lazy unmap gives back may be reached by the device for a
// while: the driver uses such a buffer for something else instead of freeing it.
// Kernel: drivers/iommu/dma-iommu.c, kernel/dma/mapping.c @ 6.12.117.
#include "model/hw/contracts.h"
#include "model/hw/dma_iommu.h"
#include "model/hw/owner_use.h"
#include "model/world.h"

namespace iorace::kern {

int owner_init_domain(paging_owner* owner) {
  KFUNC();
  const owner_use use(owner);
  if (use.domain() == nullptr) return -ENOENT;
  if (use.domain()->iova_cookie.peek() == nullptr) return -EINVAL;
  const int rc = iommu_dma_init_domain(use.domain());
  if (rc == 0) smp_store_release(owner->ready, u64{1});
  return rc;
}

int owner_init_fq(paging_owner* owner) {
  KFUNC();
  const owner_use use(owner);
  if (use.domain() == nullptr) return -ENOENT;
  if (smp_load_acquire(owner->ready) == 0) return -EINVAL;
  mutex_lock(&owner->group);
  const int rc = iommu_dma_init_fq(use.domain());
  mutex_unlock(&owner->group);
  return rc;
}

int owner_dma_map(paging_owner* owner, u64 length, dma_mapping** made) {
  KFUNC();
  if (length == 0 || length % PAGE_SIZE != 0 || length > pt_span(PT_VTD, 2) * PAGE_SIZE / 2)
    return -EINVAL;
  const owner_use use(owner);
  if (use.domain() == nullptr) return -ENOENT;
  if (smp_load_acquire(owner->ready) == 0) return -EINVAL;
  auto* const pages = kvcalloc<dma_page>(length / PAGE_SIZE);
  if (pages == nullptr) return -ENOMEM;
  const u64 iova = iommu_dma_map(use.domain(), pages, length);
  if (iova == 0) {
    kfree(pages);
    return -ENOMEM;
  }
  auto* const mapping = make<dma_mapping>();
  mapping->owner.poke(owner);
  mapping->iova.poke(iova);
  mapping->size.poke(length);
  mapping->pages.poke(pages);
  WRITE_ONCE(mapping->mapped, u64{1});
  *made = mapping;
  return 0;
}

static void give_back(dma_mapping* mapping, bool unreachable) {
  dma_page* const pages = mapping->pages.peek();
  const u64 n = mapping->size.peek() / PAGE_SIZE;
  if (!unreachable) {
    for (u64 i = 0; i < n; ++i) WRITE_ONCE(pages[i].data, u64{0});
    return;
  }
  mapping->pages.poke(nullptr);
  kfree(pages);
  CONTRACT(unmapped, pages, n);
  CONTRACT(pages_freed, pages, n);
}

int mapping_unmap(dma_mapping* mapping) {
  KFUNC();
  if (xchg(mapping->mapped, u64{0}) == 0) return -ENOENT;
  const owner_use use(mapping->owner.peek());
  if (use.domain() == nullptr) return -ENOENT;
  give_back(mapping, iommu_dma_unmap(use.domain(), mapping->iova.peek(), mapping->size.peek()));
  return 0;
}

void mapping_end(dma_mapping* mapping) { kfree(mapping->pages.peek()); }

}  // namespace iorace::kern
