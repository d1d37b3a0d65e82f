// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A domain of the IOMMU of a device, between the core and iommufd.
// Simplified: two objects, where the kernel has one.
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/hw/contracts.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommufd/idev.h"
#include "model/mm/mm.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

struct device_domain {
  iommu_domain domain;
  shared<core_domain*> core;
};
IORACE_DESCRIBE(device_domain, "device_domain", domain, core);

core_domain* core_of(iommu_domain* domain) {
  return container_of(domain, device_domain, domain)->core.peek();
}

int device_domain_map_pages(iommu_domain* domain, unsigned long iova, unsigned long paddr,
                            unsigned long size) {
  KFUNC();
  core_domain* const core = core_of(domain);
  const u64 pfn = iova / PAGE_SIZE;
  const u64 pages = size / PAGE_SIZE;
  const int rc = pgtable_map(&core->pgtable, pfn, pages, phys_to_memory(paddr));
  if (rc == -ENOMEM) domain_unmap_pages(core, pfn, pages);
  return rc;
}

unsigned long device_domain_unmap_pages(iommu_domain* domain, unsigned long iova,
                                        unsigned long size) {
  KFUNC();
  return domain_unmap_pages(core_of(domain), iova / PAGE_SIZE, size / PAGE_SIZE) * PAGE_SIZE;
}

unsigned long device_domain_iova_to_phys(iommu_domain* domain, unsigned long iova) {
  KFUNC();
  return mapped_at(&core_of(domain)->pgtable, iova / PAGE_SIZE);
}

void device_domain_free(iommu_domain* domain) {
  KFUNC();
  core_domain* const core = core_of(domain);
  WARN_ON(!pgtable_is_empty(&core->pgtable));
  iommu_domain_free(core);
  kfree(container_of(domain, device_domain, domain));
}

constexpr iommu_domain_ops device_domain_ops = {
    .map_pages = device_domain_map_pages,
    .unmap_pages = device_domain_unmap_pages,
    .iova_to_phys = device_domain_iova_to_phys,
    .free = device_domain_free,
};

}  // namespace

iommu_domain* device_domain_alloc(struct device* dev) {
  KFUNC();
  auto* const made = kzalloc<device_domain>();
  if (made == nullptr) return ERR_PTR(-ENOMEM);
  core_domain* const core = iommu_paging_domain_alloc(dev, IOMMU_DOMAIN_UNMANAGED);
  if (IS_ERR(core)) {
    kfree(made);
    return ERR_CAST(core);
  }
  made->core.poke(core);
  made->domain.ops.poke(&device_domain_ops);
  made->domain.aperture_end.poke(pt_span(PT_VTD, 2) * PAGE_SIZE - 1);
  made->domain.page_size.poke(PAGE_SIZE);
  return &made->domain;
}

core_domain* to_core_domain(iommu_domain* domain) {
  return domain->ops.peek() == &device_domain_ops ? core_of(domain) : nullptr;
}

}  // namespace iorace::kern
