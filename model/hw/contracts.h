// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of the chapter's flows at which its invariants may be judged (contracts.cc says which).
// Each is the flow's own statement of where it is. Looking makes no operation. What is judged about
// memory is judged right behind the kfree, which no access is independent of: so an exhaustive
// search looks at either order of the two.
#pragma once

#include "model/kernel.h"

namespace iorace::kern {

struct context_entry;
struct dma_cookie;
struct dma_page;
struct hw_endpoint;
struct hw_iommu;
struct io_table;
struct iova_domain;
struct iova_magazine;
struct paging_domain;

namespace contract {

// Page tables: a table has been freed, a whole tree is about to be.
void table_freed(const io_table* table);
void tree_freed(const io_table* root);
// An entry of the last level has been written.
void leaf_written(const dma_page* page);

// Entries of devices: root and domain id that a driver has put together; the entry is present; the
// hardware has put them together and is about to cache that.
void entry_made(const context_entry* entry, unsigned did, const io_table* root);
void entry_written(const context_entry* entry);
void entry_cached(const context_entry* entry, unsigned did, const io_table* root);

// Translation of a device: blocked from here on, about to be attached, an attach returns `rc`.
void device_blocked(const hw_endpoint* dev);
void device_attaching(const hw_endpoint* dev);
void device_attached(const hw_endpoint* dev, const paging_domain* domain, int rc);

// A device has a translation and is about to access memory.
void dma_reaches(const hw_endpoint* dev, unsigned pasid, const dma_page* page);
// A device TLB: the IOMMU answers, returns what filled() wants to know; the answer is filled in;
// an invalidation has been executed.
u64 devtlb_asked(const hw_endpoint* dev);
void devtlb_filled(const hw_endpoint* dev, u64 asked);
void devtlb_invalidated(const hw_endpoint* dev);

// The queue of an IOMMU: commands are about to be queued, how many have been, one has taken effect,
// a wait is about to store its number, a wait for the first `queued` commands returns.
void commands_queued(const hw_iommu* iommu, u64 n);
u64 commands_so_far(const hw_iommu* iommu);
void command_executed(const hw_iommu* iommu);
void wait_executed(const hw_iommu* iommu, u64 number);
void wait_returned(const hw_iommu* iommu, u64 queued);

// An unmap that promises that no device reaches the pages any more has returned.
void unmapped(const dma_page* pages, u64 n);
void range_unmapped(const paging_domain* domain, u64 pfn, u64 pages);
void range_unmapped(const hw_iommu* iommu, unsigned did, u64 pfn, u64 pages);
// An IOVA is about to be used again.
void iova_allocated(const paging_domain* domain, u64 pfn, u64 pages);
// IOVAs of an IOVA space, by their first page: handed out; free again or cached; in the ring, whose
// lock is held. What is in a magazine is about to go back to the tree. The space is about to go
// (iova_contracts.cc).
void iova_taken(iova_domain* iovad, u64 pfn);
void iova_given_back(const iova_domain* iovad, u64 pfn);
void iova_queued(const dma_cookie* cookie, u64 pfn);
void magazine_taken(iova_domain* iovad, const iova_magazine* mag);
void iova_space_put(iova_domain* iovad);
// Memory that devices could reach has been freed, or its last pin has been dropped.
void pages_freed(const dma_page* pages, u64 n);

}  // namespace contract
}  // namespace iorace::kern
