// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Pages in domains: always mapped after they are pinned, always unmapped before they are unpinned.
// Kernel: drivers/iommu/iommufd/pages.c, iopt_area_fill_domains and its like @ 6.12.117.
#include "model/iommufd/pages.h"

namespace iorace::kern {

unsigned long iopt_area_index_to_iova(iopt_area* area, unsigned long index) {
  const unsigned long first = iopt_area_index(area);
  const unsigned long last = iopt_area_last_index(area);
  WARN_ON(index < first || index > last);
  const unsigned long iova = iopt_area_iova(area);
  if (index == first) return iova;
  return iova - area->page_offset + (index - first) * PAGE_SIZE;
}

unsigned long iopt_area_index_to_iova_last(iopt_area* area, unsigned long index) {
  const unsigned long first = iopt_area_index(area);
  const unsigned long last = iopt_area_last_index(area);
  WARN_ON(index < first || index > last);
  if (index == last) return iopt_area_last_iova(area);
  const unsigned long iova = iopt_area_iova(area);
  return iova - area->page_offset + (index - first + 1) * PAGE_SIZE - 1;
}

static void iommu_unmap_nofail(iommu_domain* domain, unsigned long iova, unsigned long size) {
  const unsigned long ret = iommu_unmap(domain, iova, size);
  WARN_ON(ret != size);
}

static void iopt_area_unmap_domain_range(iopt_area* area, iommu_domain* domain,
                                         unsigned long start_index, unsigned long last_index) {
  KFUNC();
  const unsigned long start_iova = iopt_area_index_to_iova(area, start_index);
  const unsigned long last_iova = iopt_area_index_to_iova_last(area, last_index);
  iommu_unmap_nofail(domain, start_iova, last_iova - start_iova + 1);
}

void iopt_area_unmap_domain(iopt_area* area, iommu_domain* domain) {
  KFUNC();
  const unsigned long iova = iopt_area_iova(area);
  iommu_unmap_nofail(domain, iova, iopt_area_length(area));
}

// Maps all that was read; on failure the domain is as before.
static int batch_to_domain(pfn_reader* pfns, iommu_domain* domain, iopt_area* area) {
  KFUNC();
  for (unsigned long index = pfns->start_index; index <= pfns->last_index; ++index) {
    const unsigned long iova = iopt_area_index_to_iova(area, index);
    const unsigned long last_iova = iopt_area_index_to_iova_last(area, index);
    const unsigned long page_offset = index == pfns->start_index ? area->page_offset : 0u;
    const unsigned long pfn = pfns->pfns[index - pfns->start_index];
    const int rc = iommu_map(domain, iova, pfn * PAGE_SIZE + page_offset, last_iova - iova + 1);
    if (rc == 0) continue;
    if (index != pfns->start_index)
      iopt_area_unmap_domain_range(area, domain, pfns->start_index, index - 1);
    return rc;
  }
  return 0;
}

// An index that an access or another domain covers is unmapped and stays pinned.
static void __iopt_area_unfill_domain(iopt_area* area, iopt_pages* pages, iommu_domain* domain,
                                      unsigned long last_index) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  u32 pfns[user_pages_max];
  interval_tree_double_span_iter span;
  interval_tree_for_each_double_span(&span, &pages->domains_itree, &pages->access_itree,
                                     iopt_area_index(area), last_index) {
    if (span.is_used == 2) PROBE(pin_outlived_domain);
    if (span.is_used == 0)
      for (unsigned long i = span.start; i <= span.last; ++i)
        pfns[i - span.start] = pfn_from_domain(area, domain, i);
    iopt_area_unmap_domain_range(area, domain, span.start, span.last);
    if (span.is_used == 0)
      for (unsigned long i = span.start; i <= span.last; ++i)
        iopt_pages_unpin(pages, i, pfns[i - span.start]);
  }
  update_unpinned(pages);
}

// Requires: the area is out of domains_itree.
void iopt_area_unfill_domain(iopt_area* area, iopt_pages* pages, iommu_domain* domain) {
  KFUNC();
  __iopt_area_unfill_domain(area, pages, domain, iopt_area_last_index(area));
}

// A domain joins: the caller puts the area into domains_itree.
int iopt_area_fill_domain(iopt_area* area, iommu_domain* domain) {
  KFUNC();
  iopt_pages* const pages = area->pages;
  lockdep_assert_held(&pages->mutex);
  pfn_reader pfns;
  const unsigned long first_index = iopt_area_index(area);
  int rc = pfn_reader_first(&pfns, pages, first_index, iopt_area_last_index(area));
  if (rc != 0) return rc;
  rc = batch_to_domain(&pfns, domain, area);
  if (rc != 0) {
    pfn_reader_release_pins(&pfns);
  } else {
    rc = pfn_reader_user_update_pinned(pages);
    if (rc != 0) __iopt_area_unfill_domain(area, pages, domain, pfns.last_index);
  }
  pfn_reader_destroy(&pfns);
  return rc;
}

// The domain at `failed` could not be filled; those before it were.
// Upstream drops the pins of the batch while the earlier domains still map it.
static void fill_domains_unwind_map(iopt_area* area, pfn_reader* pfns, unsigned long failed) {
  io_pagetable* const iopt = area->iopt;
  if (!omit(knob::fill_domains_unwind, UNWIND_UNMAP_FIRST)) pfn_reader_release_pins(pfns);
  unsigned long index = 0;
  iommu_domain* domain = nullptr;
  xa_for_each(&iopt->domains, index, domain) {
    if (index < failed)
      iopt_area_unmap_domain_range(area, domain, pfns->start_index, pfns->last_index);
  }
  pfn_reader_release_pins(pfns);  // what is left: pfn_reader_destroy() begins with this
}

// All domains were filled, but the pages may not be accounted. The last domain does the unpinning.
static void fill_domains_unwind_all(iopt_area* area, iopt_pages* pages, pfn_reader* pfns) {
  io_pagetable* const iopt = area->iopt;
  unsigned long index = 0;
  iommu_domain* domain = nullptr;
  xa_for_each(&iopt->domains, index, domain) {
    const u32 next_domain_id = iopt->next_domain_id;
    if (index != next_domain_id - 1)
      iopt_area_unmap_domain_range(area, domain, pfns->start_index, pfns->last_index);
    else
      __iopt_area_unfill_domain(area, pages, domain, pfns->last_index);
  }
}

// An area joins. On failure all domains are as before.
int iopt_area_fill_domains(iopt_area* area, iopt_pages* pages) {
  KFUNC();
  io_pagetable* const iopt = area->iopt;
  lockdep_assert_held(&iopt->domains_rwsem);
  if (xa_empty(&iopt->domains)) return 0;

  mutex_lock(&pages->mutex);
  pfn_reader pfns;
  const unsigned long first_index = iopt_area_index(area);
  int rc = pfn_reader_first(&pfns, pages, first_index, iopt_area_last_index(area));
  if (rc == 0) {
    unsigned long index = 0;
    iommu_domain* domain = nullptr;
    xa_for_each(&iopt->domains, index, domain) {
      rc = batch_to_domain(&pfns, domain, area);
      if (rc != 0) break;
    }
    if (rc != 0) {
      fill_domains_unwind_map(area, &pfns, index);
    } else {
      rc = pfn_reader_user_update_pinned(pages);
      if (rc != 0) {
        fill_domains_unwind_all(area, pages, &pfns);
      } else {
        area->storage_domain = static_cast<iommu_domain*>(xa_load(&iopt->domains, 0));
        interval_tree_insert(&area->pages_node, &pages->domains_itree);
      }
    }
    pfn_reader_destroy(&pfns);
  }
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
  return rc;
}

void iopt_area_unfill_domains(iopt_area* area, iopt_pages* pages) {
  KFUNC();
  io_pagetable* const iopt = area->iopt;
  lockdep_assert_held(&iopt->domains_rwsem);
  mutex_lock(&pages->mutex);
  iommu_domain* const storage = area->storage_domain;
  if (storage != nullptr) {
    unsigned long index = 0;
    iommu_domain* domain = nullptr;
    xa_for_each(&iopt->domains, index, domain) {
      if (domain == storage) continue;
      const unsigned long first_index = iopt_area_index(area);
      iopt_area_unmap_domain_range(area, domain, first_index, iopt_area_last_index(area));
    }
    WARN_ON(RB_EMPTY_NODE(&area->pages_node));
    interval_tree_remove(&area->pages_node, &pages->domains_itree);
    iopt_area_unfill_domain(area, pages, storage);
    area->storage_domain = nullptr;
  }
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
}

}  // namespace iorace::kern
