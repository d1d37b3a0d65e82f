// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What drives the hardware where nothing else of the kernel does: the owner of an unmanaged domain,
// who maps pages at IOVAs of its choice and frees them once they are unmapped. It stands for VFIO
// and iommufd: nobody maps a range that is mapped or unmaps one that is not, and a domain goes when
// nobody uses it any more.
#pragma once

#include "model/hw/paging.h"

namespace iorace::kern {

inline constexpr u64 driver_pages_max = iova_pages_max;

// A domain as programs know it. Lives as long as the execution.
struct paging_owner {
  rw_semaphore life;  // read: uses the domain; write: frees it
  shared<paging_domain*> domain;
  shared<dma_page*> pages[driver_pages_max];  // mapped there; page_reserved: is about to be
};
IORACE_DESCRIBE(paging_owner, "owner", life, domain, pages);

paging_owner* owner_alloc(hw_iommu* iommu, u64 type);
int owner_free(paging_owner* owner);
int owner_attach(paging_owner* owner, hw_endpoint* dev);
int owner_map(paging_owner* owner, u64 iova);
int owner_unmap(paging_owner* owner, u64 iova);

int endpoint_block_by_driver(hw_endpoint* dev);
int endpoint_release_by_driver(hw_endpoint* dev);

}  // namespace iorace::kern
