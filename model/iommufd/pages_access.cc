// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Pages in the hands of software: pinned accesses, and copies that pin nothing for long.
// Kernel: drivers/iommu/iommufd/pages.c, from iopt_pages_unfill_xarray on @ 6.12.117.
#include "model/iommufd/page_slot.h"
#include "model/iommufd/pages.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

void put_page_slot(page_slot* out_pages, unsigned long out, u32 pfn) {
  if (out_pages == nullptr) return;
  if (out >= limit_value(limit::pages_per_call)) cut("pages_per_call");
  out_pages[out].pfn.poke(pfn);
}

static int pages_to_xarray(iopt_pages* pages, unsigned long start_index, unsigned long last_index,
                           const u32* pfns) {
  KFUNC();
  for (unsigned long i = start_index; i <= last_index; ++i) {
    void* old = nullptr;
    int rc = iommufd_should_fail("pages_to_xarray") ? -EINVAL : 0;
    if (rc == 0) {
      old = xa_store(&pages->pinned_pfns, i, xa_mk_value(pfns[i - start_index]));
      rc = xa_err(old);
    }
    if (rc != 0) {
      for (unsigned long undo = start_index; undo != i; ++undo) xa_erase(&pages->pinned_pfns, undo);
      return rc;
    }
    WARN_ON(old);
  }
  return 0;
}

// Requires: the access is out of access_itree already. What nothing covers any more is unpinned.
static void iopt_pages_unfill_xarray(iopt_pages* pages, unsigned long start_index,
                                     unsigned long last_index) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  interval_tree_double_span_iter span;
  interval_tree_for_each_double_span(&span, &pages->access_itree, &pages->domains_itree,
                                     start_index, last_index) {
    if (span.is_used == 1) continue;
    for (unsigned long i = span.start; i <= span.last; ++i) {
      void* const entry = xa_erase(&pages->pinned_pfns, i);
      WARN_ON(!xa_is_value(entry));
      if (span.is_used == 0) iopt_pages_unpin(pages, i, static_cast<u32>(xa_to_value(entry)));
    }
  }
  update_unpinned(pages);
}

// One span of a new access: from another access, from a domain, or pinned now.
static int fill_xarray_span(iopt_pages* pages, const interval_tree_double_span_iter& span,
                            u32* pfns) {
  if (span.is_used == 1) {
    for (unsigned long i = span.start; i <= span.last; ++i)
      pfns[i - span.start] = pfn_from_xarray(pages, i);
    return 0;
  }
  if (span.is_used == 2) {
    PROBE(pin_from_domain);
    const int rc = iopt_pages_fill_from_domain(pages, span.start, span.last, pfns);
    return rc != 0 ? rc : pages_to_xarray(pages, span.start, span.last, pfns);
  }
  int rc = iopt_pages_fill_from_mm(pages, span.start, span.last, pfns);
  if (rc != 0) return rc;
  rc = pages_to_xarray(pages, span.start, span.last, pfns);
  if (rc != 0)
    for (unsigned long i = span.start; i <= span.last; ++i)
      iopt_pages_unpin(pages, i, pfns[i - span.start]);
  return rc;
}

// On failure the xarray is as before.
static int iopt_pages_fill_xarray(iopt_pages* pages, unsigned long start_index,
                                  unsigned long last_index, page_slot* out_pages,
                                  unsigned long out) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  unsigned long xa_end = start_index;
  u32 pfns[user_pages_max];
  int rc = 0;
  interval_tree_double_span_iter span;
  interval_tree_for_each_double_span(&span, &pages->access_itree, &pages->domains_itree,
                                     start_index, last_index) {
    rc = fill_xarray_span(pages, span, pfns);
    if (rc != 0) break;
    for (unsigned long i = span.start; i <= span.last; ++i)
      put_page_slot(out_pages, out + (i - start_index), pfns[i - span.start]);
    if (span.is_used != 1) xa_end = span.last + 1;
  }
  if (rc == 0) rc = pfn_reader_user_update_pinned(pages);
  if (rc != 0 && start_index != xa_end) iopt_pages_unfill_xarray(pages, start_index, xa_end - 1);
  return rc;
}

static iopt_pages_access* iopt_pages_get_exact_access(iopt_pages* pages, unsigned long index,
                                                      unsigned long last) {
  KFUNC();
  lockdep_assert_held(&pages->mutex);
  interval_tree_node* node = interval_tree_iter_first(&pages->access_itree, index, last);
  for (; node != nullptr; node = interval_tree_iter_next(node, index, last))
    if (node->start == index && node->last == last)
      return container_of(node, iopt_pages_access, node);
  return nullptr;
}

int iopt_area_add_access(iopt_area* area, unsigned long start_index, unsigned long last_index,
                         page_slot* out_pages, unsigned long out, unsigned flags) {
  KFUNC();
  iopt_pages* const pages = area->pages;
  if ((flags & IOMMUFD_ACCESS_RW_WRITE) != 0 && !pages->writable) return -EPERM;

  int rc = 0;
  mutex_lock(&pages->mutex);
  iopt_pages_access* access = iopt_pages_get_exact_access(pages, start_index, last_index);
  if (access != nullptr) {
    PROBE(pin_shared_node);
    area->num_accesses++;
    access->users++;
    for (unsigned long i = start_index; i <= last_index; ++i)
      put_page_slot(out_pages, out + (i - start_index), pfn_from_xarray(pages, i));
  } else {
    access = kzalloc<iopt_pages_access>();
    rc = access == nullptr ? -ENOMEM
                           : iopt_pages_fill_xarray(pages, start_index, last_index, out_pages, out);
    if (rc == 0) {
      access->node.start = start_index;
      access->node.last = last_index;
      access->users = 1;
      area->num_accesses++;
      interval_tree_insert(&access->node, &pages->access_itree);
    } else {
      kfree(access);
    }
  }
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
  return rc;
}

void iopt_area_remove_access(iopt_area* area, unsigned long start_index, unsigned long last_index) {
  KFUNC();
  iopt_pages* const pages = area->pages;
  mutex_lock(&pages->mutex);
  iopt_pages_access* const access = iopt_pages_get_exact_access(pages, start_index, last_index);
  if (!WARN_ON(access == nullptr)) {
    const u32 num_accesses = area->num_accesses;
    const u32 users = access->users;
    WARN_ON(num_accesses == 0 || users == 0);
    area->num_accesses = num_accesses - 1;
    access->users = users - 1;
    if (users == 1) {
      PROBE(unpin_last_user);
      interval_tree_remove(&access->node, &pages->access_itree);
      iopt_pages_unfill_xarray(pages, start_index, last_index);
      kfree(access);
    }
  }
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
}

// Simplified: what is copied is not modelled, only that the pages are reached.
static int iopt_pages_rw_slow(iopt_pages* pages, unsigned long start_index,
                              unsigned long last_index) {
  KFUNC();
  mutex_lock(&pages->mutex);
  pfn_reader pfns;
  const int rc = pfn_reader_first(&pfns, pages, start_index, last_index);
  if (rc == 0) {
    pfn_reader_release_pins(&pfns);
    pfn_reader_destroy(&pfns);
  }
  CONTRACT(pages_settled, pages);
  mutex_unlock(&pages->mutex);
  return rc;
}

// One page, pinned beside all accounting.
static int iopt_pages_rw_page(iopt_pages* pages, unsigned long index) {
  KFUNC();
  if (iommufd_should_fail("iopt_pages_rw_page")) return -EINVAL;
  mm_struct* const mm = this_world().mm;
  u32 pfn = 0;
  const unsigned long uptr = pages->uptr;
  down_read(&mm->mmap_lock);
  const long rc = pin_user_pages(uptr + index * PAGE_SIZE, 1, &pfn);
  up_read(&mm->mmap_lock);
  if (rc != 1) return WARN_ON(rc >= 0) ? -EINVAL : static_cast<int>(rc);
  unpin_user_page(pfn);
  return 0;
}

int iopt_pages_rw_access(iopt_pages* pages, unsigned long start_byte, unsigned long length,
                         unsigned flags) {
  KFUNC();
  const unsigned long start_index = start_byte / PAGE_SIZE;
  const unsigned long last_index = (start_byte + length - 1) / PAGE_SIZE;
  if ((flags & IOMMUFD_ACCESS_RW_WRITE) != 0 && !pages->writable) return -EPERM;
  if ((flags & IOMMUFD_ACCESS_RW_SLOW_PATH) != 0)
    return start_index == last_index ? iopt_pages_rw_page(pages, start_index)
                                     : iopt_pages_rw_slow(pages, start_index, last_index);
  const unsigned long uptr = pages->uptr;
  const bool write = (flags & IOMMUFD_ACCESS_RW_WRITE) != 0;
  const bool copied =
      write ? copy_to_user("iopt_pages_rw_access") : copy_from_user("iopt_pages_rw_access");
  return copied && user_range_ok(uptr + start_byte, length) ? 0 : -EFAULT;
}

}  // namespace iorace::kern
