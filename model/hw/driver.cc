// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommu.c, drivers/iommu/iommufd/pages.c @ 6.12.117.
#include "model/hw/driver.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

dma_page* page_reserved() { return reinterpret_cast<dma_page*>(1); }

// Until it is dropped the domain stays. Null, and nothing to drop, if it has gone.
paging_domain* get(paging_owner* owner) {
  down_read(&owner->life);
  paging_domain* const domain = owner->domain;
  if (domain == nullptr) up_read(&owner->life);
  return domain;
}
void put(paging_owner* owner) { up_read(&owner->life); }

}  // namespace

paging_owner* owner_alloc(hw_iommu* iommu, u64 type) {
  paging_domain* const domain = paging_domain_alloc(iommu, type);
  if (domain == nullptr) return nullptr;
  auto* const owner = make<paging_owner>();
  init_rwsem(&owner->life);
  owner->domain.poke(domain);
  return owner;
}

int owner_free(paging_owner* owner) {
  KFUNC();
  down_write(&owner->life);
  paging_domain* const domain = owner->domain;
  int rc = domain == nullptr ? -ENOENT : 0;
  if (rc == 0 && !list_empty(&domain->devices)) rc = -EBUSY;
  for (shared<dma_page*>& page : owner->pages)
    if (rc == 0 && page.peek() != nullptr) rc = -EBUSY;
  if (rc == 0) {
    owner->domain = nullptr;
    paging_domain_free(domain);
  }
  up_write(&owner->life);
  return rc;
}

int owner_attach(paging_owner* owner, hw_endpoint* dev) {
  KFUNC();
  paging_domain* const domain = get(owner);
  if (domain == nullptr) return -ENOENT;
  mutex_lock(&dev->lock);
  int rc = -ENODEV;
  if (dev->info.load(op_kind::read) != nullptr) rc = -EINVAL;
  if (rc == -EINVAL && domain->iommu.peek() == dev->iommu.peek()) rc = attach_device(domain, dev);
  mutex_unlock(&dev->lock);
  put(owner);
  return rc;
}

int endpoint_block_by_driver(hw_endpoint* dev) {
  KFUNC();
  mutex_lock(&dev->lock);
  const bool there = dev->info.load(op_kind::read) != nullptr;
  if (there) device_block_translation(dev);
  mutex_unlock(&dev->lock);
  return there ? 0 : -ENODEV;
}

int endpoint_release_by_driver(hw_endpoint* dev) {
  KFUNC();
  mutex_lock(&dev->lock);
  const bool there = dev->info.load(op_kind::read) != nullptr;
  if (there) {
    device_block_translation(dev);
    device_release(dev);
  }
  mutex_unlock(&dev->lock);
  return there ? 0 : -ENODEV;
}

static int map_reserved(paging_domain* domain, shared<dma_page*>& slot, u64 iova) {
  auto* const page = kzalloc<dma_page>();
  if (page == nullptr) return -ENOMEM;
  const int rc = pgtable_map(&domain->pgtable, iova, PAGE_SIZE, page);
  if (rc == 0)
    WRITE_ONCE(slot, page);
  else
    kfree(page);
  return rc;
}

int owner_map(paging_owner* owner, u64 iova) {
  KFUNC();
  const u64 pfn = iova / PAGE_SIZE;
  if (iova % PAGE_SIZE != 0 || pfn >= driver_pages_max) return -EINVAL;
  paging_domain* const domain = get(owner);
  if (domain == nullptr) return -ENOENT;
  shared<dma_page*>& slot = owner->pages[pfn];
  int rc = -EEXIST;
  if (cmpxchg(slot, nullptr, page_reserved()) == nullptr) {
    rc = map_reserved(domain, slot, iova);
    if (rc != 0) WRITE_ONCE(slot, nullptr);
  }
  put(owner);
  return rc;
}

int owner_unmap(paging_owner* owner, u64 iova) {
  KFUNC();
  const u64 pfn = iova / PAGE_SIZE;
  if (iova % PAGE_SIZE != 0 || pfn >= driver_pages_max) return -EINVAL;
  paging_domain* const domain = get(owner);
  if (domain == nullptr) return -ENOENT;
  shared<dma_page*>& slot = owner->pages[pfn];
  dma_page* const page = READ_ONCE(slot);
  int rc = -ENOENT;
  if (page != nullptr && page != page_reserved() && cmpxchg(slot, page, page_reserved()) == page) {
    rc = 0;
    list_head* const freelist = make_freelist();
    pgtable_unmap(&domain->pgtable, iova, PAGE_SIZE, freelist);
    iommu_put_pages_list(freelist);
    CONTRACT(page_freed, page);
    kfree(page);
    WRITE_ONCE(slot, nullptr);
  }
  put(owner);
  return rc;
}

}  // namespace iorace::kern
