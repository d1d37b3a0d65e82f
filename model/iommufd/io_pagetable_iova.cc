// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which IOVA are free, and which are reserved.
// Kernel: drivers/iommu/iommufd/io_pagetable.c @ 6.12.117, iopt_alloc_iova and iopt_reserve_iova.
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

iopt_reserved* iopt_reserved_iter_first(io_pagetable* iopt, unsigned long start,
                                        unsigned long last) {
  lockdep_assert_held(&iopt->iova_rwsem);
  interval_tree_node* const node = interval_tree_iter_first(&iopt->reserved_itree, start, last);
  return node == nullptr ? nullptr : container_of(node, iopt_reserved, node);
}

iopt_reserved* iopt_reserved_iter_next(iopt_reserved* reserved, unsigned long start,
                                       unsigned long last) {
  interval_tree_node* const node = interval_tree_iter_next(&reserved->node, start, last);
  return node == nullptr ? nullptr : container_of(node, iopt_reserved, node);
}

// Aligns *start within a hole. Returns false if what is left is too short.
static bool __alloc_iova_check_range(unsigned long* start, unsigned long last, unsigned long length,
                                     unsigned long iova_alignment, unsigned long page_offset) {
  unsigned long aligned_start = 0;
  if (check_add_overflow(*start, iova_alignment - 1, &aligned_start)) return false;
  aligned_start &= ~(iova_alignment - 1);
  aligned_start |= page_offset;
  if (aligned_start >= last || last - aligned_start < length - 1) return false;
  *start = aligned_start;
  return true;
}

// Moves [*start, *last] to the next hole that both trees leave from *start on. Returns false if
// there is none; else the search goes on behind *last.
static bool next_hole(io_pagetable* iopt, unsigned long* start, unsigned long* last,
                      unsigned long end) {
  for (;;) {
    interval_tree_node* const r = interval_tree_iter_first(&iopt->reserved_itree, *start, end);
    interval_tree_node* const a = interval_tree_iter_first(&iopt->area_itree, *start, end);
    const unsigned long r_start = r == nullptr ? ULONG_MAX : static_cast<unsigned long>(r->start);
    const unsigned long a_start = a == nullptr ? ULONG_MAX : static_cast<unsigned long>(a->start);
    interval_tree_node* const used = r_start < a_start ? r : a;
    const unsigned long used_start = std::min(r_start, a_start);
    *last = end;
    if (used == nullptr) return true;
    if (used_start > *start) {
      *last = used_start - 1;
      return true;
    }
    const unsigned long used_last = used->last;
    if (used_last >= end) return false;
    *start = used_last + 1;
  }
}

// Simplified: huge pages are always configured; the search goes hole by hole in the kernel's order.
int iopt_alloc_iova(io_pagetable* iopt, unsigned long* iova, unsigned long uptr,
                    unsigned long length) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  if (length == 0 || length >= ULONG_MAX / 2) return -EOVERFLOW;

  // Keep the alignment that the user address has, for the sake of huge pages.
  unsigned long alignment = roundup_pow_of_two(length);
  if (uptr != 0) alignment = std::min(alignment, 1ul << __builtin_ctzl(uptr));
  alignment = std::min(alignment, HPAGE_SIZE);
  const unsigned long iova_alignment = iopt->iova_alignment;
  if (alignment < iova_alignment) return -EINVAL;

  // Nothing is ever in allowed_itree: everything but the first and the last page is allowed.
  const unsigned long end = ULONG_MAX - PAGE_SIZE;
  unsigned long start = PAGE_SIZE;
  unsigned long last = 0;
  if (!__alloc_iova_check_range(&start, end, length, alignment, uptr % PAGE_SIZE)) return -ENOSPC;
  while (next_hole(iopt, &start, &last, end)) {
    unsigned long found = start;
    if (__alloc_iova_check_range(&found, last, length, alignment, uptr % PAGE_SIZE)) {
      *iova = found;
      return 0;
    }
    if (last == end) break;
    start = last + 1;
  }
  return -ENOSPC;
}

int iopt_check_iova(io_pagetable* iopt, unsigned long iova, unsigned long length) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  unsigned long last = 0;
  const unsigned long alignment = iopt->iova_alignment;
  if ((iova & (alignment - 1)) != 0) return -EINVAL;
  if (check_add_overflow(iova, length - 1, &last)) return -EOVERFLOW;
  if (iopt_reserved_iter_first(iopt, iova, last) != nullptr) return -EINVAL;
  if (iopt_area_iter_first(iopt, iova, last) != nullptr) return -EEXIST;
  return 0;
}

int iopt_reserve_iova(io_pagetable* iopt, unsigned long start, unsigned long last, void* owner) {
  KFUNC();
  lockdep_assert_held_write(&iopt->iova_rwsem);
  if (iopt_area_iter_first(iopt, start, last) != nullptr) return -EADDRINUSE;
  if (interval_tree_iter_first(&iopt->allowed_itree, start, last) != nullptr) return -EADDRINUSE;
  auto* const reserved = kzalloc<iopt_reserved>();
  if (reserved == nullptr) return -ENOMEM;
  reserved->node.start = start;
  reserved->node.last = last;
  reserved->owner = owner;
  interval_tree_insert(&reserved->node, &iopt->reserved_itree);
  return 0;
}

void __iopt_remove_reserved_iova(io_pagetable* iopt, void* owner) {
  KFUNC();
  lockdep_assert_held_write(&iopt->iova_rwsem);
  iopt_reserved* reserved = iopt_reserved_iter_first(iopt, 0, ULONG_MAX);
  while (reserved != nullptr) {
    iopt_reserved* const next = iopt_reserved_iter_next(reserved, 0, ULONG_MAX);
    void* const owned_by = reserved->owner;
    if (owned_by == owner) {
      interval_tree_remove(&reserved->node, &iopt->reserved_itree);
      kfree(reserved);
    }
    reserved = next;
  }
}

void iopt_remove_reserved_iova(io_pagetable* iopt, void* owner) {
  KFUNC();
  down_write(&iopt->iova_rwsem);
  __iopt_remove_reserved_iova(iopt, owner);
  up_write(&iopt->iova_rwsem);
}

void iopt_init_table(io_pagetable* iopt) {
  KFUNC();
  init_rwsem(&iopt->iova_rwsem);
  init_rwsem(&iopt->domains_rwsem);
  xa_init(&iopt->domains);
  xa_init_flags(&iopt->access_list, XA_FLAGS_ALLOC);
  iopt->iova_alignment = 1;
}

void iopt_destroy_table(io_pagetable* iopt) {
  KFUNC();
  iopt_remove_reserved_iova(iopt, nullptr);
  WARN_ON(!RB_EMPTY_ROOT(&iopt->reserved_itree));
  WARN_ON(!xa_empty(&iopt->domains));
  WARN_ON(!xa_empty(&iopt->access_list));
  WARN_ON(!RB_EMPTY_ROOT(&iopt->area_itree));
}

}  // namespace iorace::kern
