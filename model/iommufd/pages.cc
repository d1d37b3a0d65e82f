// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Pages: made, released, pinned, counted, read. Kernel: drivers/iommu/iommufd/pages.c @ 6.12.117.
// Simplified: accounting against RLIMIT_MEMLOCK is a fault that may be injected, not a sum.
#include "model/iommufd/pages.h"

namespace iorace::kern {

static void span_update(interval_tree_double_span_iter* iter, unsigned long at) {
  const unsigned long end = iter->last_index;
  interval_tree_node* const one = interval_tree_iter_first(iter->itrees[0], at, end);
  unsigned long hole_last = end;
  iter->start = at;
  if (one != nullptr) {
    const unsigned long start = one->start;
    if (start <= at) {
      iter->is_used = 1;
      iter->last = std::min<unsigned long>(one->last, end);
      return;
    }
    hole_last = start - 1;
  }
  iter->is_used = 0;
  interval_tree_node* const two = interval_tree_iter_first(iter->itrees[1], at, hole_last);
  if (two != nullptr) {
    const unsigned long start = two->start;
    if (start <= at) {
      iter->is_used = 2;
      hole_last = std::min<unsigned long>(two->last, hole_last);
    } else {
      hole_last = start - 1;
    }
  }
  iter->last = hole_last;
}

void interval_tree_double_span_iter_first(interval_tree_double_span_iter* iter,
                                          rb_root_cached* itree1, rb_root_cached* itree2,
                                          unsigned long first_index, unsigned long last_index) {
  iter->itrees[0] = itree1;
  iter->itrees[1] = itree2;
  iter->last_index = last_index;
  span_update(iter, first_index);
}

void interval_tree_double_span_iter_next(interval_tree_double_span_iter* iter) {
  if (iter->last == iter->last_index)
    iter->is_used = -1;
  else
    span_update(iter, iter->last + 1);
}

iopt_pages* iopt_alloc_pages(unsigned long uptr, unsigned long length, bool writable) {
  KFUNC();
  unsigned long end = 0;
  if (length > ULONG_MAX - PAGE_SIZE || length == 0) return ERR_PTR(-EINVAL);
  if (check_add_overflow(uptr, length, &end)) return ERR_PTR(-EOVERFLOW);
  auto* const pages = kzalloc<iopt_pages>();
  if (pages == nullptr) return ERR_PTR(-ENOMEM);
  refcount_set(&pages->kref, 1);
  xa_init(&pages->pinned_pfns);
  mutex_init(&pages->mutex);
  pages->uptr = ALIGN_DOWN(uptr, PAGE_SIZE);
  pages->npages = DIV_ROUND_UP(length + uptr % PAGE_SIZE, PAGE_SIZE);
  pages->writable = writable;
  CONTRACT(pages_made, pages);
  return pages;
}

static void iopt_release_pages(iopt_pages* pages) {
  KFUNC();
  WARN_ON(!RB_EMPTY_ROOT(&pages->access_itree));
  WARN_ON(!RB_EMPTY_ROOT(&pages->domains_itree));
  WARN_ON(pages->npinned);
  WARN_ON(!xa_empty(&pages->pinned_pfns));
  CONTRACT(pages_released, pages);
  kfree(pages);
}

void iopt_put_pages(iopt_pages* pages) {
  KFUNC();
  if (refcount_dec_and_test(&pages->kref)) iopt_release_pages(pages);
}

static void iopt_pages_add_npinned(iopt_pages* pages, unsigned long npages) {
  const unsigned long npinned = pages->npinned + npages;
  pages->npinned = npinned;
  WARN_ON(npinned > pages->npages);
}

static void iopt_pages_sub_npinned(iopt_pages* pages, unsigned long npages) {
  const unsigned long before = pages->npinned;
  pages->npinned = before - npages;
  WARN_ON(before < npages);
}

void iopt_pages_unpin(iopt_pages* pages, unsigned long index, u32 pfn) {
  CONTRACT(index_unpinned, pages, index);
  unpin_user_page(pfn);
  iopt_pages_sub_npinned(pages, 1);
}

int pfn_reader_user_update_pinned(iopt_pages* pages) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  const unsigned long npinned = pages->npinned;
  const unsigned long last_npinned = pages->last_npinned;
  if (npinned == last_npinned) return 0;
  if (npinned > last_npinned && iommufd_should_fail("pfn_reader_user_update_pinned"))
    return -ENOMEM;
  pages->last_npinned = npinned;
  return 0;
}

void update_unpinned(iopt_pages* pages) {
  KFUNC();
  const unsigned long npinned = pages->npinned;
  const unsigned long last_npinned = pages->last_npinned;
  WARN_ON(npinned > last_npinned);
  if (npinned != last_npinned) pages->last_npinned = npinned;
}

// Pins [start, last]; undoes all of it on failure.
int iopt_pages_fill_from_mm(iopt_pages* pages, unsigned long start_index, unsigned long last_index,
                            u32* pfns) {
  KFUNC();
  unsigned long cur_index = start_index;
  while (cur_index != last_index + 1) {
    const unsigned long uptr = pages->uptr;
    long rc = -EFAULT;
    if (!iommufd_should_fail("pfn_reader_user_pin"))
      rc = pin_user_pages(uptr + cur_index * PAGE_SIZE, last_index - cur_index + 1,
                          pfns + (cur_index - start_index));
    if (rc <= 0) {
      if (WARN_ON(rc == 0)) rc = -EFAULT;
      for (unsigned long i = start_index; i != cur_index; ++i)
        iopt_pages_unpin(pages, i, pfns[i - start_index]);
      return static_cast<int>(rc);
    }
    iopt_pages_add_npinned(pages, static_cast<unsigned long>(rc));
    for (long i = 0; i < rc; ++i) CONTRACT(index_pinned, pages, cur_index++);
  }
  return 0;
}

iopt_area* iopt_pages_find_domain_area(iopt_pages* pages, unsigned long index) {
  interval_tree_node* const node = interval_tree_iter_first(&pages->domains_itree, index, index);
  return node == nullptr ? nullptr : container_of(node, iopt_area, pages_node);
}

u32 pfn_from_domain(iopt_area* area, iommu_domain* domain, unsigned long index) {
  const unsigned long iova = iopt_area_index_to_iova(area, index);
  return static_cast<u32>(iommu_iova_to_phys(domain, iova) / PAGE_SIZE);
}

u32 pfn_from_xarray(iopt_pages* pages, unsigned long index) {
  void* const entry = xa_load(&pages->pinned_pfns, index);
  WARN_ON(!xa_is_value(entry));
  return static_cast<u32>(xa_to_value(entry));
}

int iopt_pages_fill_from_domain(iopt_pages* pages, unsigned long start_index,
                                unsigned long last_index, u32* pfns) {
  KFUNC();
  unsigned long index = start_index;
  while (index != last_index + 1) {
    iopt_area* const area = iopt_pages_find_domain_area(pages, index);
    if (WARN_ON(area == nullptr)) return -EINVAL;
    const unsigned long domain_last = std::min(iopt_area_last_index(area), last_index);
    iommu_domain* const domain = area->storage_domain;
    for (; index <= domain_last; ++index)
      pfns[index - start_index] = pfn_from_domain(area, domain, index);
  }
  return 0;
}

int pfn_reader_first(pfn_reader* pfns, iopt_pages* pages, unsigned long start_index,
                     unsigned long last_index) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  WARN_ON(last_index < start_index);
  pfns->pages = pages;
  pfns->start_index = start_index;
  pfns->end_index = start_index;
  pfns->last_index = last_index;
  if (iommufd_should_fail("batch_init")) return -ENOMEM;

  interval_tree_double_span_iter span;
  interval_tree_for_each_double_span(&span, &pages->access_itree, &pages->domains_itree,
                                     start_index, last_index) {
    u32* const out = pfns->pfns + (span.start - start_index);
    int rc = 0;
    if (span.is_used == 1) {
      for (unsigned long i = span.start; i <= span.last; ++i)
        out[i - span.start] = pfn_from_xarray(pages, i);
    } else if (span.is_used == 2) {
      rc = iopt_pages_fill_from_domain(pages, span.start, span.last, out);
    } else {
      rc = iopt_pages_fill_from_mm(pages, span.start, span.last, out);
    }
    if (rc != 0) {
      pfn_reader_release_pins(pfns);
      return rc;
    }
    pfns->end_index = span.last + 1;
  }
  return 0;
}

void pfn_reader_release_pins(pfn_reader* pfns) {
  KFUNC();
  if (pfns->end_index == pfns->start_index) return;
  iopt_pages* const pages = pfns->pages;
  interval_tree_double_span_iter span;
  interval_tree_for_each_double_span(&span, &pages->access_itree, &pages->domains_itree,
                                     pfns->start_index, pfns->end_index - 1) {
    if (span.is_used != 0) continue;
    for (unsigned long i = span.start; i <= span.last; ++i)
      iopt_pages_unpin(pages, i, pfns->pfns[i - pfns->start_index]);
  }
  pfns->end_index = pfns->start_index;
}

// Requires: pins that have become an access' or a domain's are theirs already.
void pfn_reader_destroy(pfn_reader* pfns) {
  KFUNC();
  iopt_pages* const pages = pfns->pages;
  const unsigned long last_npinned = pages->last_npinned;
  WARN_ON(last_npinned != pages->npinned);
}

}  // namespace iorace::kern
