// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommufd/selftest.c (mock_domain_*, mock_dev_*) @ 6.12.117.
#include "model/iommufd/mock_domain.h"

#include <new>

#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/dma.h"
#include "model/hw/handle_flows.h"
#include "model/iommufd/iommufd_private.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

struct mock_devices {
  shared<hw_endpoint*> device[mock_hwpts_max];
};
IORACE_DESCRIBE(mock_devices, "mock_devices", device);

mock_iommu_domain* to_mock(iommu_domain* domain) {
  return container_of(domain, mock_iommu_domain, domain);
}

int mock_domain_map_pages(iommu_domain* domain, unsigned long iova, unsigned long paddr,
                          unsigned long size) {
  KFUNC();
  if (iommufd_should_fail("mock_domain_map_pages")) return -ENOENT;
  paging_domain* const paging = to_mock(domain)->paging.peek();
  const u64 pfn = iova / MOCK_IO_PAGE_SIZE;
  const u64 pages = size / MOCK_IO_PAGE_SIZE;
  const int rc = pgtable_map(&paging->pgtable, pfn, pages, phys_to_memory(paddr));
  if (rc == -ENOMEM) unmap_strict(paging, pfn, pages);
  return rc;
}

unsigned long mock_domain_unmap_pages(iommu_domain* domain, unsigned long iova,
                                      unsigned long size) {
  KFUNC();
  paging_domain* const paging = to_mock(domain)->paging.peek();
  const u64 pfn = iova / MOCK_IO_PAGE_SIZE;
  const u64 unmapped = unmap_strict(paging, pfn, size / MOCK_IO_PAGE_SIZE);
  CONTRACT(range_unmapped, paging, pfn, unmapped);
  return unmapped * MOCK_IO_PAGE_SIZE;
}

unsigned long mock_domain_iova_to_phys(iommu_domain* domain, unsigned long iova) {
  KFUNC();
  return mapped_at(&to_mock(domain)->paging.peek()->pgtable, iova / MOCK_IO_PAGE_SIZE);
}

void mock_domain_free(iommu_domain* domain) {
  KFUNC();
  mock_iommu_domain* const mock = to_mock(domain);
  paging_domain* const paging = mock->paging.peek();
  WARN_ON(!pgtable_is_empty(&paging->pgtable));
  paging_domain_free(paging);
  kfree(mock);
}

constexpr iommu_domain_ops mock_domain_ops = {
    .map_pages = mock_domain_map_pages,
    .unmap_pages = mock_domain_unmap_pages,
    .iova_to_phys = mock_domain_iova_to_phys,
    .free = mock_domain_free,
};

// Whoever is gone has it, and is blocked: the next device gets the requester id that it had.
constexpr unsigned mock_rid_gone = mock_rids_max - 1;

// Returns a requester id that no device has.
unsigned take_rid(hw_iommu* iommu) {
  for (unsigned rid = 0; rid < mock_rid_gone; ++rid)
    if (cmpxchg(iommu->rid_use[rid], rid_free, rid_shared) == rid_free) return rid;
  cut("mock_devices");
}

}  // namespace

void make_mock_machine() {
  mock_machine* const mock = ::new (scratch(sizeof(mock_machine))) mock_machine{};
  mock->iommu = hw_iommu_make(IOMMU_MOCK);
  mock->device = make<mock_devices>()->device;
  list(this_world().hw->ghost->iommus, mock->iommu);
  this_world().mock = mock;
}

iommu_domain* mock_domain_alloc_paging() {
  KFUNC();
  auto* const mock = kzalloc<mock_iommu_domain>();
  if (mock == nullptr) return ERR_PTR(-ENOMEM);
  paging_domain* const paging = paging_domain_alloc(this_world().mock->iommu, DOMAIN_UNMANAGED);
  if (paging == nullptr) {
    kfree(mock);
    return ERR_PTR(-ENOMEM);
  }
  mock->paging.poke(paging);
  mock->domain.ops.poke(&mock_domain_ops);
  mock->domain.aperture_start.poke(MOCK_APERTURE_START);
  mock->domain.aperture_end.poke(MOCK_APERTURE_LAST);
  mock->domain.page_size.poke(MOCK_IO_PAGE_SIZE);
  return &mock->domain;
}

bool is_mock(const iommu_domain* domain) { return domain->ops.peek() == &mock_domain_ops; }

static void mock_dev_free(hw_endpoint* dev) {
  device_release(dev);
  const u64 rid = dev->rid.peek();
  dev->rid.poke(mock_rid_gone);
  WRITE_ONCE(dev->iommu.peek()->rid_use[rid], rid_free);
}

int mock_domain_attach_device(iommu_domain* domain, u32 id) {
  KFUNC();
  mock_iommu_domain* const mock = to_mock(domain);
  hw_iommu* const iommu = this_world().mock->iommu;
  if (id >= mock_hwpts_max) cut("mock_devices");
  hw_endpoint* const dev = hw_endpoint_with(iommu, take_rid(iommu), false);
  int rc = device_probe(dev);
  if (rc == 0) rc = attach_device(mock->paging.peek(), dev);
  if (rc != 0) {
    mock_dev_free(dev);
    return rc;
  }
  mock->dev = dev;
  smp_store_release(this_world().mock->device[id], dev);
  return 0;
}

void mock_domain_detach_device(iommu_domain* domain) {
  KFUNC();
  mock_iommu_domain* const mock = to_mock(domain);
  hw_endpoint* const dev = mock->dev;
  if (dev == nullptr) return;
  device_block_translation(dev);
  mock_dev_free(dev);
  mock->dev = nullptr;
}

int mock_device_dma(u32 id, unsigned long iova, bool write) {
  KFUNC();
  if (id >= mock_hwpts_max) return -ENOENT;
  hw_endpoint* const dev = smp_load_acquire(this_world().mock->device[id]);
  return dev == nullptr ? -ENOENT : dma_access(dev, IOMMU_NO_PASID, iova, write);
}

}  // namespace iorace::kern
