// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   freed-page-reachable      H1   when a page is freed or loses its last pin, a leaf is written,
//   an
//                                  entry is made present, and when a device has translated
//   stale-translation         H2   when a strict unmap has returned
//   iova-reused-stale         H3   when an IOVA is allocated
//   table-freed-in-use        H4   when a table page is freed
//   root-freed-in-use         H5   when a tree is freed, and when an entry is made present
//   torn-translation          H6   when hardware has fetched an entry, and when an attach returns
//   blocked-device-access     H7   when a device has translated
//   devtlb-filled-late        H8   when a device fills in an answer
//   wait-returned-early       H10  when a wait for commands returns
//   completion-goes-backwards H10  when a wait command stores its number
// H9, that what was asked for was unmapped, is the kernel's own WARN_ON. A walk that meets what was
// freed, and a write through a stale entry (H12), is a use after free, which says who freed it.
#include "model/hw/contracts.h"

#include "model/convict.h"
#include "model/hw/reach.h"
#include "model/mm/mm.h"
#include "model/world.h"

namespace iorace::kern::contract {
namespace {

hw_ghosts& ghost() { return *this_world().hw->ghost; }

ghost_queue& queue_of(const hw_iommu* iommu) {
  return one_of(ghost().queues, &ghost_queue::iommu, iommu);
}

ghost_device& device_of(const hw_endpoint* dev) {
  return one_of(ghost().devices, &ghost_device::dev, dev);
}

bool is_pair(const context_entry* entry, unsigned did, const io_table* root) {
  for (const ghost_pair& p : ghost().pairs)
    if (p.entry == entry && p.did == did && p.root == root) return true;
  return false;
}

// Of all aliases.
void unblock(const hw_iommu* iommu, u64 rid) {
  machine_parts<const hw_endpoint*>& blocked = ghost().blocked;
  for (unsigned i = 0; i < blocked.count;) {
    const hw_endpoint*& dev = blocked.items[i];
    if (dev->iommu.peek() == iommu && dev->rid.peek() == rid)
      blocked.remove(dev);
    else
      ++i;
  }
}

// At the end of an execution a queue may stand still that nobody polls any more.
bool stands_still() {
  if (current_task() != 0) return false;
  for (const hw_iommu* iommu : ghost().iommus)
    if (iommu->faults.ite.peek() != 0) return true;
  return false;
}

// For what the commands of such a queue would have mended.
void convict_unless_still(const char* name, const char* detail) {
  if (!stands_still()) convict_here(name, detail);
}
void convict_stale_translation() {
  convict_unless_still("stale-translation", "the unmap has returned and a TLB still has the page");
}

}  // namespace

void table_freed(const io_table* table) {
  const peek_scope looking;
  if (is_in_walkable_tree(table))
    convict_unless_still("table-freed-in-use", "a tree that a device can walk still has the table");
  if (is_in_paging_cache(table))
    convict_unless_still("table-freed-in-use", "hardware still has the table cached");
}

void tree_freed(const io_table* root) {
  const peek_scope looking;
  if (is_walkable_root(root))
    convict_unless_still("root-freed-in-use", "the entry of a device still names the root");
}

void leaf_written(const dma_page* page) {
  const peek_scope looking;
  if (is_gone(page) && is_in_walkable_tree(page))
    convict_here("freed-page-reachable", "a tree that a device can walk maps a page that is gone");
}

void entry_made(const context_entry* entry, unsigned did, const io_table* root) {
  const peek_scope looking;
  ghost().pairs.add({entry, did, root});
}

void entry_written(const context_entry* entry) {
  const peek_scope looking;
  if (!is_live(entry->root.peek()))
    convict_here("root-freed-in-use", "the entry names a root that has been freed");
  if (has_gone_page(entry->root.peek()))
    convict_here("freed-page-reachable", "the entry names a tree that maps a page that is gone");
  for (const hw_iommu* iommu : ghost().iommus)
    for (unsigned rid = 0; rid < rids_of(iommu); ++rid)
      if (iommu->entries[rid][IOMMU_NO_PASID].peek() == entry) unblock(iommu, rid);
}

void entry_cached(const context_entry* entry, unsigned did, const io_table* root) {
  const peek_scope looking;
  if (!is_pair(entry, did, root))
    convict_here("torn-translation", "no driver has put this root and this domain id together");
}

void device_blocked(const hw_endpoint* dev) {
  const peek_scope looking;
  ghost().blocked.add(dev);
}

void device_attaching(const hw_endpoint* dev) {
  const peek_scope looking;
  unblock(dev->iommu.peek(), dev->rid.peek());
}

// What an alias has attached stays.
void device_attached(const hw_endpoint* dev, const paging_domain* domain, int rc) {
  const peek_scope looking;
  const cached_entry* const cached =
      dev->iommu.peek()->entry_cache[dev->rid.peek()][IOMMU_NO_PASID].peek();
  if (rc != 0 || cached == nullptr) return;
  for (const hw_endpoint* other : ghost().endpoints) {
    const device_domain_info* const info = other->info.peek();
    if (other != dev && is_alias(other, dev) && info != nullptr && info->domain.peek() != nullptr)
      return;
  }
  if (entry_did(cached->word) != domain->did.peek())
    convict_here("torn-translation", "the device is attached and still translates by another");
}

// Without a PASID, or with that of nobody who is left.
static bool is_blocked(const hw_endpoint* dev, unsigned pasid) {
  bool blocked = false;
  for (const hw_endpoint* of : ghost().blocked) blocked |= is_alias(of, dev);
  if (!blocked || pasid == IOMMU_NO_PASID) return blocked;
  for (const hw_endpoint* of : ghost().endpoints)
    if (is_alias(of, dev) && of->info.peek() != nullptr) return false;
  return true;
}

void dma_reaches(const hw_endpoint* dev, unsigned pasid, const dma_page* page) {
  const peek_scope looking;
  // Freed memory is the heap's to judge.
  if (is_live(page) && is_gone(page))
    convict_here("freed-page-reachable", "the device reaches a page whose last pin is gone");
  if (is_blocked(dev, pasid))
    convict_here("blocked-device-access", "the device is blocked and reaches memory");
}

u64 devtlb_asked(const hw_endpoint* dev) {
  const peek_scope looking;
  return device_of(dev).invalidations;
}

void devtlb_filled(const hw_endpoint* dev, u64 asked) {
  const peek_scope looking;
  if (device_of(dev).invalidations != asked)
    convict_here("devtlb-filled-late", "the answer is older than an invalidation that is done");
}

void devtlb_invalidated(const hw_endpoint* dev) {
  const peek_scope looking;
  ++device_of(dev).invalidations;
}

void commands_queued(const hw_iommu* iommu, u64 n) {
  const peek_scope looking;
  queue_of(iommu).queued += n;
}

u64 commands_so_far(const hw_iommu* iommu) {
  const peek_scope looking;
  return queue_of(iommu).queued;
}

void command_executed(const hw_iommu* iommu) {
  const peek_scope looking;
  ++queue_of(iommu).executed;
}

void wait_executed(const hw_iommu* iommu, u64 number) {
  const peek_scope looking;
  u64& stored = queue_of(iommu).stored;
  if (number < stored)
    convict_here("completion-goes-backwards", "a wait stores a lower number than the one before");
  stored = number;
}

void wait_returned(const hw_iommu* iommu, u64 queued) {
  const peek_scope looking;
  if (queue_of(iommu).executed < queued)
    convict_unless_still("wait-returned-early",
                         "commands that were queued before have had no effect yet");
}

void unmapped(const dma_page* pages, u64 n) {
  const peek_scope looking;
  for (u64 i = 0; i < n; ++i)
    if (is_in_tlb(pages + i)) convict_stale_translation();
}

void range_unmapped(const paging_domain* domain, u64 pfn, u64 pages) {
  const peek_scope looking;
  for (u64 i = 0; i < pages; ++i)
    if (is_in_tlb_of(domain, pfn + i)) convict_stale_translation();
}

void range_unmapped(const hw_iommu* iommu, unsigned did, u64 pfn, u64 pages) {
  const peek_scope looking;
  for (u64 i = 0; i < pages; ++i)
    if (is_in_iotlb(iommu, did, pfn + i) || is_in_devtlb(iommu, did, pfn + i))
      convict_stale_translation();
}

void iova_allocated(const paging_domain* domain, u64 pfn, u64 pages) {
  const peek_scope looking;
  for (u64 i = 0; i < pages; ++i)
    if (is_in_tlb_of(domain, pfn + i))
      convict_here("iova-reused-stale", "a TLB still has a translation of the IOVA");
}

void pages_freed(const dma_page* pages, u64 n) {
  const peek_scope looking;
  for (u64 i = 0; i < n; ++i) {
    if (is_in_walkable_tree(pages + i))
      convict_unless_still("freed-page-reachable",
                           "a tree that a device can walk still maps the page");
    if (is_in_tlb(pages + i))
      convict_unless_still("freed-page-reachable", "a TLB still has the page");
  }
}

}  // namespace iorace::kern::contract
