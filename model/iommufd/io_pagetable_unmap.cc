// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Unmap: ask the accesses to let go, take the area out, unmap, unpin.
// Kernel: drivers/iommu/iommufd/io_pagetable.c:iopt_unmap_iova_range @ 6.12.117.
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

// How often one unmap has asked in vain.
struct unmap_tries {
  unsigned tries = 0;
  iopt_area* of = nullptr;  // the area that was asked for last
};

// All areas up to the next gap share a budget of tries. Upstream leaves out to begin anew with
// each.
static bool tries_begin_anew(const unmap_tries& t, iopt_area* area, bool behind_a_gap) {
  return behind_a_gap || (!omit(knob::iopt_unmap_tries, TRIES_PER_GAP) && area != t.of);
}

// Revokes software access to the area. Takes both locks over and drops them, because the callbacks
// come back to unpin. Returns false when nothing listens.
static bool iopt_unmap_revoke(io_pagetable* iopt, iopt_area* area, unmap_tries* t) {
  const unsigned long area_first = iopt_area_iova(area);
  unsigned long length = iopt_area_length(area);
  area->prevent_access = true;
  CONTRACT(area_revoked, area);
  up_write(&iopt->iova_rwsem);
  up_read(&iopt->domains_rwsem);
  if (!omit(knob::iopt_unmap_area_pointer, AREA_READ_BEFORE_UNLOCK))
    length = iopt_area_length(area);
  iommufd_access_notify_unmap(iopt, area_first, length);
  t->of = area;
  t->tries++;
  PROBE(unmap_retried);
  if (t->tries <= limit_value(limit::unmap_tries)) return true;
  PROBE(unmap_gave_up);
  cut_if_below_kernel(limit::unmap_tries);
  WARN_ON(t->tries > limit_value(limit::unmap_tries));
  return false;
}

// The area is out of reach once its pages pointer is null; domains_rwsem stays held.
static void iopt_unmap_detached(io_pagetable* iopt, iopt_area* area) {
  iopt_pages* const pages = area->pages;
  area->pages = nullptr;
  up_write(&iopt->iova_rwsem);
  PROBE(unmap_detached);
  CONTRACT(unmap_detached, area);
  iopt_area_unfill_domains(area, pages);
  iopt_abort_area(area);
  iopt_put_pages(pages);
  down_write(&iopt->iova_rwsem);
}

// Not atomic: areas before the one that fails are gone.
static int iopt_unmap_iova_range(io_pagetable* iopt, unsigned long start, unsigned long last,
                                 unsigned long* unmapped) {
  KFUNC();
  unsigned long unmapped_bytes = 0;
  unmap_tries t;
  int rc = 0;

again:
  down_read(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  while (iopt_area* const area = iopt_area_iter_first(iopt, start, last)) {
    const unsigned long area_last = iopt_area_last_iova(area);
    const unsigned long area_first = iopt_area_iova(area);
    CONTRACT(unmap_found, area);
    iopt_pages* const pages = area->pages;
    if (pages == nullptr) {
      PROBE(unmap_met_busy_area);
      rc = -EBUSY;
      break;
    }
    if (area_first < start || area_last > last) {
      rc = -ENOENT;
      break;
    }
    if (tries_begin_anew(t, area, area_first != start)) t.tries = 0;

    const u32 num_accesses = area->num_accesses;
    if (num_accesses != 0) {
      start = area_first;
      if (iopt_unmap_revoke(iopt, area, &t)) goto again;
      if (unmapped != nullptr) *unmapped = unmapped_bytes;
      return -EDEADLOCK;
    }
    iopt_unmap_detached(iopt, area);
    unmapped_bytes += area_last - area_first + 1;
    // While the lock was dropped others may have mapped anew what we unmapped: move on past it.
    if (area_last >= last) break;
    if (!omit(knob::iopt_unmap_start, START_KEPT)) start = area_last + 1;
  }
  up_write(&iopt->iova_rwsem);
  up_read(&iopt->domains_rwsem);
  if (unmapped != nullptr) *unmapped = unmapped_bytes;
  return rc;
}

int iopt_unmap_iova(io_pagetable* iopt, unsigned long iova, unsigned long length,
                    unsigned long* unmapped) {
  KFUNC();
  unsigned long iova_last = 0;
  if (length == 0) return -EINVAL;
  if (check_add_overflow(iova, length - 1, &iova_last)) return -EOVERFLOW;
  CONTRACT(unmap_entered);
  const int rc = iopt_unmap_iova_range(iopt, iova, iova_last, unmapped);
  CONTRACT(unmap_returned, iopt, iova, iova_last, rc);
  return rc;
}

int iopt_unmap_all(io_pagetable* iopt, unsigned long* unmapped) {
  KFUNC();
  CONTRACT(unmap_entered);
  const int rc = iopt_unmap_iova_range(iopt, 0, ULONG_MAX, unmapped);
  CONTRACT(unmap_returned, iopt, 0, ULONG_MAX, rc);
  return rc;
}

}  // namespace iorace::kern
