// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// VT-d's page table. Entries are changed without a lock: tables are installed by cmpxchg.
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#pragma once

#include "model/hw/io_pgtable.h"

namespace iorace::kern {

int domain_mapping(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory);
u64 domain_unmap(io_pgtable* pgtable, u64 pfn, u64 pages, list_head* freelist);
dma_page* vtd_iova_to_phys(io_pgtable* pgtable, u64 pfn);

}  // namespace iorace::kern
