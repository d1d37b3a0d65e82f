// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who uses an IOVA space: its domains, its accesses, and the alignment that they need.
// Kernel: drivers/iommu/iommufd/io_pagetable.c @ 6.12.117, from iopt_unfill_domain on.
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"

namespace iorace::kern {

// Another domain still holds all pfns: no page is unpinned, and a new storage domain is chosen.
static void iopt_unmap_one_domain(io_pagetable* iopt, iommu_domain* domain) {
  auto* const storage = static_cast<iommu_domain*>(xa_load(&iopt->domains, 0));
  iopt_area* area = iopt_area_iter_first(iopt, 0, ULONG_MAX);
  for (; area != nullptr; area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
    iopt_pages* const pages = area->pages;
    if (pages == nullptr) continue;
    mutex_lock(&pages->mutex);
    iommu_domain* const held_by = area->storage_domain;
    WARN_ON(held_by == nullptr);
    if (held_by == domain) area->storage_domain = storage;
    mutex_unlock(&pages->mutex);
    iopt_area_unmap_domain(area, domain);
  }
}

// Requires: `domain` is out of the domains xarray already.
static void iopt_unfill_domain(io_pagetable* iopt, iommu_domain* domain) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  lockdep_assert_held_write(&iopt->domains_rwsem);
  PROBE(domain_unfilled);
  if (iopt->next_domain_id != 0) return iopt_unmap_one_domain(iopt, domain);
  iopt_area* area = iopt_area_iter_first(iopt, 0, ULONG_MAX);
  for (; area != nullptr; area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
    iopt_pages* const pages = area->pages;
    if (pages == nullptr) continue;
    mutex_lock(&pages->mutex);
    interval_tree_remove(&area->pages_node, &pages->domains_itree);
    iommu_domain* const storage = area->storage_domain;
    WARN_ON(storage != domain);
    area->storage_domain = nullptr;
    iopt_area_unfill_domain(area, pages, domain);
    CONTRACT(pages_settled, pages);
    mutex_unlock(&pages->mutex);
  }
}

static void iopt_fill_domain_undo(io_pagetable* iopt, iommu_domain* domain, iopt_area* end_area) {
  iopt_area* area = iopt_area_iter_first(iopt, 0, ULONG_MAX);
  for (; area != end_area; area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
    iopt_pages* const pages = area->pages;
    if (pages == nullptr) continue;
    mutex_lock(&pages->mutex);
    if (iopt->next_domain_id == 0) {
      interval_tree_remove(&area->pages_node, &pages->domains_itree);
      area->storage_domain = nullptr;
    }
    iopt_area_unfill_domain(area, pages, domain);
    CONTRACT(pages_settled, pages);
    mutex_unlock(&pages->mutex);
  }
}

static int iopt_fill_domain(io_pagetable* iopt, iommu_domain* domain) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  lockdep_assert_held_write(&iopt->domains_rwsem);
  iopt_area* area = iopt_area_iter_first(iopt, 0, ULONG_MAX);
  for (; area != nullptr; area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
    iopt_pages* const pages = area->pages;
    if (pages == nullptr) continue;
    mutex_lock(&pages->mutex);
    const int rc = iopt_area_fill_domain(area, domain);
    if (rc != 0) {
      mutex_unlock(&pages->mutex);
      iopt_fill_domain_undo(iopt, domain, area);
      return rc;
    }
    iommu_domain* const storage = area->storage_domain;
    if (storage == nullptr) {
      WARN_ON(iopt->next_domain_id != 0);
      area->storage_domain = domain;
      interval_tree_insert(&area->pages_node, &pages->domains_itree);
    }
    CONTRACT(pages_settled, pages);
    mutex_unlock(&pages->mutex);
  }
  PROBE(domain_filled);
  return 0;
}

static int iopt_check_iova_alignment(io_pagetable* iopt, unsigned long new_iova_alignment) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  lockdep_assert_held(&iopt->domains_rwsem);
  const unsigned long align_mask = new_iova_alignment - 1;
  iopt_area* area = iopt_area_iter_first(iopt, 0, ULONG_MAX);
  for (; area != nullptr; area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
    if ((iopt_area_iova(area) & align_mask) != 0) return -EADDRINUSE;
    if ((iopt_area_length(area) & align_mask) != 0) return -EADDRINUSE;
    if ((area->page_offset & align_mask) != 0) return -EADDRINUSE;
  }
  unsigned long index = 0;
  iommufd_access* access = nullptr;
  xa_for_each(&iopt->access_list, index, access) {
    const unsigned long needed = access->iova_alignment;
    if (WARN_ON(needed > new_iova_alignment)) return -EADDRINUSE;
  }
  return 0;
}

// Reserves what the domain cannot translate, fills it, and puts it on the list.
static int iopt_table_fill_new_domain(io_pagetable* iopt, iommu_domain* domain) {
  const unsigned long start = domain->aperture_start.peek();
  const unsigned long end = domain->aperture_end.peek();
  int rc = 0;
  if (start != 0) rc = iopt_reserve_iova(iopt, 0, start - 1, domain);
  if (rc == 0 && end != ULONG_MAX) rc = iopt_reserve_iova(iopt, end + 1, ULONG_MAX, domain);
  if (rc != 0) return rc;
  const u32 id = iopt->next_domain_id;
  rc = xa_reserve(&iopt->domains, id);
  if (rc != 0) return rc;
  rc = iopt_fill_domain(iopt, domain);
  if (rc != 0) xa_release(&iopt->domains, id);
  return rc;
}

int iopt_table_add_domain(io_pagetable* iopt, iommu_domain* domain) {
  KFUNC();
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  int rc = 0;
  unsigned long index = 0;
  iommu_domain* other = nullptr;
  xa_for_each(&iopt->domains, index, other) {
    if (WARN_ON(other == domain)) rc = -EEXIST;
  }
  const unsigned long old_alignment = iopt->iova_alignment;
  const unsigned long new_iova_alignment = std::max(domain->page_size.peek(), old_alignment);
  if (rc == 0 && new_iova_alignment > PAGE_SIZE) rc = -EINVAL;
  if (rc == 0 && new_iova_alignment != old_alignment)
    rc = iopt_check_iova_alignment(iopt, new_iova_alignment);
  if (rc == 0) {
    rc = iopt_table_fill_new_domain(iopt, domain);
    if (rc == 0) {
      iopt->iova_alignment = new_iova_alignment;
      const u32 id = iopt->next_domain_id;
      xa_store(&iopt->domains, id, domain);
      iopt->next_domain_id = id + 1;
    } else {
      __iopt_remove_reserved_iova(iopt, domain);
    }
  }
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
  return rc;
}

static int iopt_calculate_iova_alignment(io_pagetable* iopt) {
  KFUNC();
  lockdep_assert_held_write(&iopt->iova_rwsem);
  lockdep_assert_held(&iopt->domains_rwsem);
  const bool small_pages = iopt->disable_large_pages;
  unsigned long new_iova_alignment = small_pages ? PAGE_SIZE : 1;
  unsigned long index = 0;
  iommu_domain* domain = nullptr;
  xa_for_each(&iopt->domains, index, domain) {
    new_iova_alignment = std::max(domain->page_size.peek(), new_iova_alignment);
  }
  iommufd_access* access = nullptr;
  xa_for_each(&iopt->access_list, index, access) {
    const unsigned long needed = access->iova_alignment;
    new_iova_alignment = std::max(needed, new_iova_alignment);
  }
  const unsigned long old_alignment = iopt->iova_alignment;
  if (new_iova_alignment > old_alignment) {
    const int rc = iopt_check_iova_alignment(iopt, new_iova_alignment);
    if (rc != 0) return rc;
  }
  iopt->iova_alignment = new_iova_alignment;
  return 0;
}

// The xarray of domains stays dense: the last one takes the place of the one that goes.
void iopt_table_remove_domain(io_pagetable* iopt, iommu_domain* domain) {
  KFUNC();
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  unsigned long index = 0;
  iommu_domain* found = nullptr;
  xa_for_each(&iopt->domains, index, found) {
    if (found == domain) break;
  }
  const u32 next_domain_id = iopt->next_domain_id;
  if (!WARN_ON(found != domain) && index < next_domain_id) {
    const u32 tail = next_domain_id - 1;
    iopt->next_domain_id = tail;
    void* const moved = xa_erase(&iopt->domains, tail);
    if (index != tail) xa_store(&iopt->domains, index, moved);
    iopt_unfill_domain(iopt, domain);
    __iopt_remove_reserved_iova(iopt, domain);
    WARN_ON(iopt_calculate_iova_alignment(iopt));
  }
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
}

int iopt_add_access(io_pagetable* iopt, iommufd_access* access) {
  KFUNC();
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  u32 new_id = 0;
  int rc = xa_alloc(&iopt->access_list, &new_id, access, xa_limit_16b);
  if (rc == 0) {
    rc = iopt_calculate_iova_alignment(iopt);
    if (rc != 0)
      xa_erase(&iopt->access_list, new_id);
    else
      access->iopt_access_list_id = new_id;
  }
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
  return rc;
}

void iopt_remove_access(io_pagetable* iopt, iommufd_access* access, u32 iopt_access_list_id) {
  KFUNC();
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  void* const old = xa_erase(&iopt->access_list, iopt_access_list_id);
  WARN_ON(old != access);
  WARN_ON(iopt_calculate_iova_alignment(iopt));
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
}

void iopt_enable_large_pages(io_pagetable* iopt) {
  KFUNC();
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  WRITE_ONCE(iopt->disable_large_pages, false);
  WARN_ON(iopt_calculate_iova_alignment(iopt));
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
}

int iopt_disable_large_pages(io_pagetable* iopt) {
  KFUNC();
  int rc = 0;
  down_write(&iopt->domains_rwsem);
  down_write(&iopt->iova_rwsem);
  if (!iopt->disable_large_pages) {
    if (!xa_empty(&iopt->domains) && !RB_EMPTY_ROOT(&iopt->area_itree)) {
      rc = -EINVAL;
    } else {
      WRITE_ONCE(iopt->disable_large_pages, true);
      rc = iopt_calculate_iova_alignment(iopt);
      if (rc != 0) WRITE_ONCE(iopt->disable_large_pages, false);
    }
  }
  up_write(&iopt->iova_rwsem);
  up_write(&iopt->domains_rwsem);
  return rc;
}

}  // namespace iorace::kern
