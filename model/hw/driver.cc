// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommu.c, drivers/iommu/iommufd/pages.c @ 6.12.117.
#include "model/hw/driver.h"

#include "model/hw/contracts.h"
#include "model/hw/domain_id.h"
#include "model/hw/ghosts.h"
#include "model/hw/owner_use.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

dma_page* page_reserved() { return reinterpret_cast<dma_page*>(1); }

bool is_range(u64 iova, u64 length) {
  const u64 end = iova_pages_max * PAGE_SIZE;
  return (iova | length) % PAGE_SIZE == 0 && length != 0 && iova < end && length <= end - iova;
}

// Returns false, and leaves nothing reserved, if a page of the range is taken.
bool reserve(paging_owner* owner, u64 pfn, u64 n) {
  for (u64 i = 0; i < n; ++i) {
    if (cmpxchg(owner->pages[pfn + i], nullptr, page_reserved()) == nullptr) continue;
    while (i > 0) WRITE_ONCE(owner->pages[pfn + --i], nullptr);
    return false;
  }
  return true;
}
void unreserve(paging_owner* owner, u64 pfn, u64 n) {
  for (u64 i = n; i > 0; --i) WRITE_ONCE(owner->pages[pfn + i - 1], nullptr);
}

// Runs `f` on the device's info with its group's lock held; -ENODEV if it has been released.
template <class F>
int with_device(hw_endpoint* dev, F f) {
  mutex& lock = dev->first.peek()->lock;
  mutex_lock(&lock);
  device_domain_info* const info = dev->info;
  const int rc = info == nullptr ? -ENODEV : f(info);
  mutex_unlock(&lock);
  return rc;
}

// Of a PASID only what its device translates without one knows whether there is ATS.
bool has_pasid(const device_domain_info* info) {
  return info->pasid_domain.load(op_kind::read) != nullptr;
}

}  // namespace

paging_owner* owner_alloc(hw_iommu* iommu, u64 type) {
  paging_domain* const domain = paging_domain_alloc(iommu, type);
  if (domain == nullptr) return nullptr;
  auto* const owner = make<paging_owner>();
  init_rwsem(&owner->life);
  mutex_init(&owner->group);
  owner->domain.poke(domain);
  return owner;
}

// Whoever frees a domain has seen its detach return, however early the driver has given back the
// domain's id.
static void count_pasids(paging_owner* owner, int change) {
  mutex_lock(&owner->group);
  owner->pasids += static_cast<unsigned>(change);
  mutex_unlock(&owner->group);
}
static bool has_pasids(paging_owner* owner) {
  mutex_lock(&owner->group);
  const bool has = owner->pasids != 0;
  mutex_unlock(&owner->group);
  return has;
}

static bool is_used(paging_owner* owner, paging_domain* domain) {
  if (has_pasids(owner) || domain_is_attached(domain)) return true;
  for (const shared<dma_page*>& page : owner->pages)
    if (page.peek() != nullptr) return true;
  return false;
}

int owner_free(paging_owner* owner) {
  KFUNC();
  down_write(&owner->life);
  paging_domain* const domain = owner->domain;
  int rc = domain == nullptr ? -ENOENT : 0;
  if (rc == 0 && is_used(owner, domain)) rc = -EBUSY;
  if (rc == 0) {
    owner->domain = nullptr;
    paging_domain_free(domain);
  }
  up_write(&owner->life);
  return rc;
}

int owner_attach(paging_owner* owner, hw_endpoint* dev) {
  KFUNC();
  const owner_use use(owner);
  if (use.domain() == nullptr) return -ENOENT;
  if (use.domain()->iommu.peek() != dev->iommu.peek()) return -EINVAL;
  return with_device(dev, [&](device_domain_info* info) {
    return has_pasid(info) ? -EBUSY : attach_device(use.domain(), dev);
  });
}

// Whose domain it is; null of none. One that a device has is not freed meanwhile.
static paging_owner* owner_of(const paging_domain* domain) {
  if (domain == nullptr) return nullptr;
  const peek_scope looking;
  for (paging_owner* owner : this_world().hw->ghost->owners)
    if (owner->domain.peek() == domain) return owner;
  return nullptr;
}

// Runs `change`, and counts whose domain the PASID has afterwards. Requires: the group's lock.
template <class Change>
static int with_pasid(const device_domain_info* info, Change change) {
  paging_owner* const before = owner_of(info->pasid_domain.peek());
  const int rc = change();
  paging_owner* const after = owner_of(info->pasid_domain.peek());
  if (before == after) return rc;
  if (after != nullptr) count_pasids(after, 1);
  if (before != nullptr) count_pasids(before, -1);
  return rc;
}

int owner_set_pasid(paging_owner* owner, hw_endpoint* dev) {
  KFUNC();
  const owner_use use(owner);
  if (use.domain() == nullptr) return -ENOENT;
  if (use.domain()->iommu.peek() != dev->iommu.peek()) return -EINVAL;
  if (dev->iommu.peek()->kind.peek() != IOMMU_VTD) return -EOPNOTSUPP;
  return with_device(dev, [&](device_domain_info* info) {
    const bool attached = info->domain.load(op_kind::read) != nullptr;
    if (!attached) return -EINVAL;
    return with_pasid(info, [&] { return set_dev_pasid(use.domain(), dev, 1); });
  });
}

int endpoint_block_by_driver(hw_endpoint* dev) {
  KFUNC();
  return with_device(dev, [dev](device_domain_info* info) {
    if (has_pasid(info)) return -EBUSY;
    device_block_translation(dev);
    return 0;
  });
}

int endpoint_release_by_driver(hw_endpoint* dev) {
  KFUNC();
  return with_device(dev, [dev](device_domain_info* info) {
    with_pasid(info, [dev] {
      remove_dev_pasid(dev, 1);
      return 0;
    });
    device_block_translation(dev);
    device_release(dev);
    return 0;
  });
}

int owner_map(paging_owner* owner, u64 iova, u64 length) {
  KFUNC();
  if (!is_range(iova, length)) return -EINVAL;
  const owner_use use(owner);
  paging_domain* const domain = use.domain();
  if (domain == nullptr) return -ENOENT;
  if (domain->type.peek() != DOMAIN_UNMANAGED) return -EINVAL;
  const u64 pfn = iova / PAGE_SIZE;
  const u64 n = length / PAGE_SIZE;
  if (!reserve(owner, pfn, n)) return -EEXIST;
  auto* const pages = kvcalloc<dma_page>(n);
  int rc = pages == nullptr ? -ENOMEM : pgtable_map(&domain->pgtable, pfn, n, pages);
  if (rc == 0) {
    WRITE_ONCE(owner->counts[pfn], n);
    WRITE_ONCE(owner->pages[pfn], pages);
    return 0;
  }
  if (pages != nullptr && rc == -ENOMEM) unmap_strict(domain, pfn, n);
  kfree(pages);
  unreserve(owner, pfn, n);
  return rc;
}

int owner_unmap(paging_owner* owner, u64 iova, u64 length) {
  KFUNC();
  if (!is_range(iova, length)) return -EINVAL;
  const owner_use use(owner);
  paging_domain* const domain = use.domain();
  if (domain == nullptr) return -ENOENT;
  const u64 pfn = iova / PAGE_SIZE;
  const u64 n = length / PAGE_SIZE;
  dma_page* const pages = READ_ONCE(owner->pages[pfn]);
  if (pages == nullptr || pages == page_reserved()) return -ENOENT;
  if (READ_ONCE(owner->counts[pfn]) != n) return -ENOENT;
  if (cmpxchg(owner->pages[pfn], pages, page_reserved()) != pages) return -ENOENT;
  const u64 unmapped = unmap_strict(domain, pfn, n);
  WARN_ON(unmapped != n);
  kfree(pages);
  CONTRACT(unmapped, pages, n);
  CONTRACT(pages_freed, pages, n);
  unreserve(owner, pfn, n);
  return 0;
}

}  // namespace iorace::kern
