// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/hw/dma.h"

#include <new>

#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/time_out.h"
#include "model/hw/tlb.h"
#include "model/world.h"

namespace iorace::kern {

// What hardware has cached of an entry is no memory of the kernel's: no sanitizer looks at it.
UNSEEN static cached_entry* to_cache(const cached_entry& entry) {
  return ::new (scratch(sizeof(cached_entry))) cached_entry(entry);
}
UNSEEN static cached_entry from_cache(const cached_entry* cached) { return *cached; }

static bool is_present(const cached_entry& entry) { return (entry.word & ENTRY_PRESENT) != 0; }

static cached_entry fetch_entry(hw_endpoint* dev, unsigned pasid) {
  KFUNC();
  shared<cached_entry*>& cache = dev->iommu.peek()->entry_cache[dev->rid.peek()][pasid];
  const cached_entry* const cached = READ_ONCE(cache);
  if (cached != nullptr) {
    PROBE(entry_cache_hit);
    return from_cache(cached);
  }
  const context_entry* const entry = entry_of(dev, pasid);
  cached_entry fetched = {READ_ONCE(entry->word), nullptr};
  if (!is_present(fetched)) return fetched;
  fetched.root = READ_ONCE(entry->root);
  CONTRACT(entry_cached, entry, entry_did(fetched.word), fetched.root);
  WRITE_ONCE(cache, to_cache(fetched));
  return fetched;
}

// The last level table of `pfn`, null if there is none.
static io_table* walk(hw_iommu* iommu, const cached_entry& entry, u64 pfn) {
  KFUNC();
  const auto cache = slot_of(iommu->paging_cache[entry_did(entry.word)], pfn);
  io_table* table = cache.lookup();
  if (table != nullptr) {
    PROBE(paging_cache_hit);
    return table;
  }
  table = entry.root;
  const u64 format = pt_format_of(iommu);
  u64 level = table->level.peek();
  if (pfn >= pt_span(format, level)) return nullptr;
  for (; level > 1; --level) {
    table = static_cast<io_table*>(READ_ONCE(table->pte[pt_index(format, level, pfn)]));
    if (table == nullptr) return nullptr;
  }
  cache.fill(table);
  return table;
}

// Requires: the walks of its IOMMU, for reading. Returns null if the access is blocked.
static dma_page* translate(hw_endpoint* dev, unsigned pasid, u64 pfn) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  const cached_entry entry = fetch_entry(dev, pasid);
  if (!is_present(entry)) {
    PROBE(dma_blocked);
    return nullptr;
  }
  const auto cache = slot_of(iommu->iotlb[entry_did(entry.word)], pfn);
  dma_page* page = cache.lookup();
  if (page != nullptr) {
    PROBE(iotlb_hit);
    return page;
  }
  io_table* const table = walk(iommu, entry, pfn);
  if (table == nullptr) return nullptr;
  page = static_cast<dma_page*>(READ_ONCE(table->pte[pt_index(pt_format_of(iommu), 1, pfn)]));
  if (page != nullptr) cache.fill(page);
  return page;
}

static void reach(const hw_endpoint* dev, unsigned pasid, dma_page* page, bool write) {
  if (page == nullptr) return;
  CONTRACT(dma_reaches, dev, pasid, page);
  if (write)
    WRITE_ONCE(page->data, u64{1});
  else
    READ_ONCE(page->data);
}

// Whoever has no device TLB asks the IOMMU each time, and is on its way until memory is reached.
static dma_page* access_untranslated(hw_endpoint* dev, unsigned pasid, u64 pfn, bool write) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  down_read(&iommu->walks);
  dma_page* const page = translate(dev, pasid, pfn);
  reach(dev, pasid, page, write);
  up_read(&iommu->walks);
  return page;
}

// An answer to a request for a translation may come late, when the IOMMU has none any more.
static dma_page* access_translated(hw_endpoint* dev, unsigned pasid, u64 pfn, bool write) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  const auto cache = slot_of(dev->devtlb[pasid], pfn);
  dma_page* page = cache.lookup();
  if (page != nullptr) {
    PROBE(devtlb_hit);
  } else {
    down_read(&iommu->walks);
    page = translate(dev, pasid, pfn);
    const u64 asked = CONTRACT(devtlb_asked, dev);
    up_read(&iommu->walks);
    if (page != nullptr) {
      CONTRACT(devtlb_filled, dev, asked);
      cache.fill(page);
    }
  }
  reach(dev, pasid, page, write);
  return page;
}

int dma_access(hw_endpoint* dev, unsigned pasid, u64 iova, bool write) {
  KFUNC();
  const u64 pfn = iova / io_page_size(dev->iommu.peek());
  const bool in_space = pfn < io_pages_max(dev->iommu.peek());
  dma_page* page = nullptr;
  if (in_space && dev->ats_supported.peek() != 0) {
    down_read(&dev->inflight);
    if (device_is_present(dev))
      page = READ_ONCE(dev->ats) != 0 ? access_translated(dev, pasid, pfn, write)
                                      : access_untranslated(dev, pasid, pfn, write);
    up_read(&dev->inflight);
  } else if (in_space && device_is_present(dev)) {
    page = access_untranslated(dev, pasid, pfn, write);
  }
  if (page == nullptr) {
    PROBE(dma_faulted);
    return -EFAULT;
  }
  PROBE(dma_done);
  return 0;
}

void pci_disable_ats(hw_endpoint* dev) {
  KFUNC();
  down_write(&dev->inflight);
  WRITE_ONCE(dev->ats, u64{0});
  for (tlb& of_pasid : dev->devtlb) tlb_drop(of_pasid, 0, tlb_slots);
  up_write(&dev->inflight);
}

void pci_enable_ats(hw_endpoint* dev) {
  KFUNC();
  WRITE_ONCE(dev->ats, u64{1});
}

}  // namespace iorace::kern
