// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Strict unmap: entries are cleared, what was cleared is gathered, caches are invalidated and that
// is waited for, table pages are freed. Only then may the caller free what was mapped.
// Kernel: drivers/iommu/iommu.c, drivers/iommu/intel/iommu.c, drivers/iommu/amd/iommu.c @ 6.12.117.
#include "model/hw/cache_tag.h"
#include "model/hw/contracts.h"
#include "model/hw/invalidate.h"
#include "model/hw/paging.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum sync_step : u8 { flush_caches, free_tables, do_nothing };
constexpr sync_step sync_rows[][2] = {
    {flush_caches, free_tables},  // SYNC_FLUSH_FIRST
    {free_tables, flush_caches},  // SYNC_TABLES_FIRST
    {do_nothing, free_tables},    // SYNC_NO_FLUSH
};

}  // namespace

// Simplified: whole spaces are invalidated page by page.
static void amd_iommu_domain_flush_pages(paging_domain* domain, u64 pfn, u64 pages) {
  KFUNC();
  hw_iommu* const iommu = domain->iommu.peek();
  spin_lock(&domain->lock);
  const auto did = static_cast<unsigned>(domain->did.load(op_kind::read));
  if (did != 0) {
    iommu_queue_command(iommu, {.type = inv_type::iotlb, .did = did, .pfn = pfn, .pages = pages});
    device_domain_info* info = nullptr;
    list_for_each_entry(info, &domain->devices, link) {
      hw_endpoint* const dev = info->dev;
      if (info->ats_enabled != 0)
        iommu_queue_command(iommu,
                            {.type = inv_type::devtlb, .pfn = pfn, .pages = pages, .dev = dev});
    }
    iommu_completion_wait(iommu);
  }
  spin_unlock(&domain->lock);
}

void iotlb_gather_init(iotlb_gather* gather) { *gather = {make_freelist(), 0, 0, false}; }

u64 unmap_fast(paging_domain* domain, u64 pfn, u64 pages, iotlb_gather* gather) {
  KFUNC();
  const u64 unmapped = pgtable_unmap(&domain->pgtable, pfn, pages, gather->freelist);
  gather->pfn = pfn;
  gather->pages = unmapped;
  return unmapped;
}

void iotlb_sync(paging_domain* domain, iotlb_gather* gather) {
  KFUNC();
  for (const sync_step step : sync_rows[chosen(knob::iotlb_sync_order)]) {
    if (step == flush_caches && gather->pages != 0) {
      if (is_amd(domain))
        amd_iommu_domain_flush_pages(domain, gather->pfn, gather->pages);
      else
        cache_tag_flush_range(domain, gather->pfn, gather->pages, list_empty(gather->freelist));
    }
    if (step == free_tables) iommu_put_pages_list(gather->freelist);
  }
}

u64 unmap_strict(paging_domain* domain, u64 pfn, u64 pages) {
  KFUNC();
  iotlb_gather gather;
  iotlb_gather_init(&gather);
  const u64 unmapped = unmap_fast(domain, pfn, pages, &gather);
  iotlb_sync(domain, &gather);
  return unmapped;
}

void flush_iotlb_all(paging_domain* domain) {
  KFUNC();
  if (is_amd(domain))
    amd_iommu_domain_flush_pages(domain, 0, tlb_slots);
  else
    cache_tag_flush_all(domain);
}

}  // namespace iorace::kern
