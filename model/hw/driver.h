// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What drives the hardware where nothing else of the kernel does: the owner of a domain, who maps
// memory and frees it once it is unmapped. Of unmanaged domains it stands for VFIO and iommufd: it
// chooses IOVAs, and nobody maps a range that is mapped or unmaps one that is not. Of others it is
// a driver that uses the DMA API. A domain goes when nobody uses it any more, and a device has a
// PASID attached only while it is attached without one, and to the same domain.
#pragma once

#include "model/hw/paging.h"

namespace iorace::kern {

// A domain as programs know it. Lives as long as the execution.
struct paging_owner {
  rw_semaphore life;  // read: uses the domain; write: frees it
  shared<paging_domain*> domain;
  mutex group;        // of changes from strict to lazy, and of pasids
  shared<u64> ready;  // IOVAs can be allocated
  // By the first page of a range: what is mapped there, and how many pages. Other pages of it, and
  // what is about to be mapped or unmapped, are page_reserved.
  shared<dma_page*> pages[iova_pages_max];
  shared<u64> counts[iova_pages_max];
  unsigned pasids;  // under `group`: that have the domain, up to the return of their detach
};
IORACE_DESCRIBE(paging_owner, "owner", life, domain, group, ready, pages, counts);

paging_owner* owner_alloc(hw_iommu* iommu, u64 type);
int owner_free(paging_owner* owner);
int owner_attach(paging_owner* owner, hw_endpoint* dev);
int owner_set_pasid(paging_owner* owner, hw_endpoint* dev);
int owner_map(paging_owner* owner, u64 iova, u64 length);
int owner_unmap(paging_owner* owner, u64 iova, u64 length);

int endpoint_block_by_driver(hw_endpoint* dev);
int endpoint_release_by_driver(hw_endpoint* dev);

// A buffer of a driver, mapped by the DMA API. Lives as long as the execution.
struct dma_mapping {
  shared<u64> mapped;
  shared<paging_owner*> owner;
  shared<u64> iova;
  shared<u64> size;
  shared<dma_page*> pages;
};
IORACE_DESCRIBE(dma_mapping, "mapping", mapped, owner, iova, size, pages);

int owner_init_domain(paging_owner* owner);
int owner_init_fq(paging_owner* owner);
// Returns 0 and the mapping, or an error.
int owner_dma_map(paging_owner* owner, u64 length, dma_mapping** made);
int mapping_unmap(dma_mapping* mapping);
// Frees what a lazy unmap has left to be freed in the end.
void mapping_end(dma_mapping* mapping);

}  // namespace iorace::kern
