// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What devices can reach as the machine stands, for invariants.
// Requires: every use is inside a peek_scope.
#pragma once

#include "model/hw/ghosts.h"

namespace iorace::kern {

// An IOMMU cannot tell them apart.
bool is_alias(const hw_endpoint* a, const hw_endpoint* b);
// It has been freed, or it is the user's and its last pin is gone.
bool is_gone(const dma_page* page);
// The tree maps one that is. Requires: the root is live.
bool has_gone_page(const io_table* root);
// A tree that the entry of a device names, in memory or as cached, has the table or page below it.
bool is_in_walkable_tree(const void* wanted);
// The entry of a device names the root, in memory or as cached.
bool is_walkable_root(const io_table* root);
// Hardware has the table cached under a domain id that a device has.
bool is_in_paging_cache(const io_table* table);
// A TLB has the page, and a device can use it.
bool is_in_tlb(const dma_page* page);
// The IOMMU has one of page `pfn` for domain `did`, and a device can use it.
bool is_in_iotlb(const hw_iommu* iommu, unsigned did, u64 pfn);
// A device whose entry has the domain's id has it in a TLB of its own.
bool is_in_devtlb(const hw_iommu* iommu, unsigned did, u64 pfn);
// A TLB has a translation of page `pfn` of the domain, and a device can use it.
bool is_in_tlb_of(const paging_domain* domain, u64 pfn);

}  // namespace iorace::kern
