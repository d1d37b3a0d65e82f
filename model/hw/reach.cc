// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/hw/reach.h"

#include "model/hw/context.h"
#include "model/mm/mm.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

const hw_ghosts& ghost() { return *this_world().hw->ghost; }

template <class T>
struct range {
  T* first;
  unsigned n;
  T* begin() const { return first; }
  T* end() const { return first + n; }
};
range<hw_iommu*> iommus() { return {ghost().iommus.items, ghost().iommus.count}; }
range<hw_endpoint*> endpoints() { return {ghost().endpoints.items, ghost().endpoints.count}; }

// Returns true iff f(root, did) does for an entry that is present or cached.
template <class F>
bool any_entry(const hw_iommu* iommu, F f) {
  for (unsigned rid = 0; rid < rids_of(iommu); ++rid)
    for (unsigned pasid = 0; pasid < pasids_max; ++pasid) {
      const context_entry* const entry = iommu->entries[rid][pasid].peek();
      const u64 word = entry->word.peek();
      if ((word & ENTRY_PRESENT) != 0 && f(entry->root.peek(), entry_did(word))) return true;
      const cached_entry* const cached = iommu->entry_cache[rid][pasid].peek();
      if (cached != nullptr && f(cached->root, entry_did(cached->word))) return true;
    }
  return false;
}

bool has_device(const hw_iommu* iommu, unsigned did) {
  return any_entry(iommu, [did](const io_table*, unsigned of) { return of == did; });
}

bool is_below(const io_table* table, const void* wanted) {
  if (table == nullptr || !is_live(table)) return false;
  for (const shared<void*>& pte : pt_entries_of(table)) {
    const void* const below = pte.peek();
    if (below == wanted) return true;
    if (below != nullptr && table->level.peek() > 1 &&
        is_below(static_cast<const io_table*>(below), wanted))
      return true;
  }
  return false;
}

bool has(const tlb& cache, const dma_page* page) {
  for (const shared<dma_page*>& cached : cache.page)
    if (cached.peek() == page) return true;
  return false;
}

bool has(const tlb& cache, u64 pfn) {
  return cache.page[pfn % tlb_slots].peek() != nullptr && cache.tag[pfn % tlb_slots].peek() == pfn;
}

}  // namespace

bool is_alias(const hw_endpoint* a, const hw_endpoint* b) {
  return a->iommu.peek() == b->iommu.peek() && a->rid.peek() == b->rid.peek();
}

static bool uses_tlb(const hw_endpoint* dev) {
  return dev->ats.peek() != 0 && dev->gone.peek() == 0;
}

bool is_gone(const dma_page* page) {
  if (!is_live(page)) return true;
  return this_world().pages != nullptr && is_unpinned(page);
}

bool has_gone_page(const io_table* table) {
  const bool leaves = table->level.peek() == 1;
  for (const shared<void*>& pte : pt_entries_of(table)) {
    const void* const below = pte.peek();
    if (below == nullptr) continue;
    if (leaves ? is_gone(static_cast<const dma_page*>(below))
               : is_live(below) && has_gone_page(static_cast<const io_table*>(below)))
      return true;
  }
  return false;
}

bool is_in_walkable_tree(const void* wanted) {
  for (const hw_iommu* iommu : iommus())
    if (any_entry(iommu,
                  [wanted](const io_table* root, unsigned) { return is_below(root, wanted); }))
      return true;
  return false;
}

bool is_walkable_root(const io_table* root) {
  for (const hw_iommu* iommu : iommus())
    if (any_entry(iommu, [root](const io_table* of, unsigned) { return of == root; })) return true;
  return false;
}

bool is_in_paging_cache(const io_table* table) {
  for (const hw_iommu* iommu : iommus())
    for (unsigned did = 0; did < dids_max; ++did)
      for (const shared<io_table*>& cached : iommu->paging_cache[did].table)
        if (cached.peek() == table && has_device(iommu, did)) return true;
  return false;
}

bool is_in_tlb(const dma_page* page) {
  for (const hw_iommu* iommu : iommus()) {
    const auto cached = [&](const io_table*, unsigned did) { return has(iommu->iotlb[did], page); };
    if (any_entry(iommu, cached)) return true;
  }
  for (const hw_endpoint* dev : endpoints())
    for (const tlb& of_pasid : dev->devtlb)
      if (uses_tlb(dev) && has(of_pasid, page)) return true;
  return false;
}

bool is_in_iotlb(const hw_iommu* iommu, unsigned did, u64 pfn) {
  return has(iommu->iotlb[did], pfn) && has_device(iommu, did);
}

bool is_in_devtlb(const hw_iommu* iommu, unsigned did, u64 pfn) {
  for (const hw_endpoint* dev : endpoints()) {
    if (dev->iommu.peek() != iommu || !uses_tlb(dev)) continue;
    for (unsigned pasid = 0; pasid < pasids_max; ++pasid) {
      const u64 word = entry_of(dev, pasid)->word.peek();
      if ((word & ENTRY_PRESENT) != 0 && entry_did(word) == did && has(dev->devtlb[pasid], pfn))
        return true;
    }
  }
  return false;
}

bool is_in_tlb_of(const paging_domain* domain, u64 pfn) {
  const auto did = static_cast<unsigned>(domain->did.peek());
  if (did == 0) return false;
  const hw_iommu* const iommu = domain->iommu.peek();
  if (is_in_iotlb(iommu, did, pfn)) return true;
  for (const hw_endpoint* dev : endpoints()) {
    const device_domain_info* const info = dev->info.peek();
    if (info == nullptr) continue;
    if (info->domain.peek() == domain && uses_tlb(dev) && has(dev->devtlb[IOMMU_NO_PASID], pfn))
      return true;
  }
  return false;
}

}  // namespace iorace::kern
