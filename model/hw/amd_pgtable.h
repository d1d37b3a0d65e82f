// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// AMD's v1 page table. It begins with two levels and grows when an address does not fit: the root
// becomes the first entry of a new one. Walkers take no lock.
// Kernel: drivers/iommu/amd/io_pgtable.c @ 6.12.117.
#pragma once

#include "model/hw/io_pgtable.h"

namespace iorace::kern {

int iommu_v1_map_pages(io_pgtable* pgtable, u64 pfn, u64 pages, dma_page* memory);
u64 iommu_v1_unmap_pages(io_pgtable* pgtable, u64 pfn, u64 pages);
dma_page* iommu_v1_iova_to_phys(io_pgtable* pgtable, u64 pfn);
// Frees `table` and all below it.
void free_sub_pt(io_table* table);

}  // namespace iorace::kern
