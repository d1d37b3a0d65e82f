// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The IOVA space: areas put in, published, found, revoked, taken out.
// Kernel: drivers/iommu/iommufd/io_pagetable.c @ 6.12.117, its first half.
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

unsigned long iopt_area_start_byte(iopt_area* area, unsigned long iova) {
  const unsigned long first = area->node.start;
  const unsigned long last = area->node.last;
  WARN_ON(iova < first || iova > last);
  const unsigned long page_offset = area->page_offset;
  const unsigned long index = iopt_area_index(area);
  return (iova - first) + page_offset + index * PAGE_SIZE;
}

iopt_area* iopt_area_iter_first(io_pagetable* iopt, unsigned long start, unsigned long last) {
  lockdep_assert_held(&iopt->iova_rwsem);
  interval_tree_node* const node = interval_tree_iter_first(&iopt->area_itree, start, last);
  return node == nullptr ? nullptr : container_of(node, iopt_area, node);
}

iopt_area* iopt_area_iter_next(iopt_area* area, unsigned long start, unsigned long last) {
  interval_tree_node* const node = interval_tree_iter_next(&area->node, start, last);
  return node == nullptr ? nullptr : container_of(node, iopt_area, node);
}

iopt_area* iopt_area_contig_init(iopt_area_contig_iter* iter, io_pagetable* iopt,
                                 unsigned long iova, unsigned long last_iova) {
  KFUNC();
  lockdep_assert_held(&iopt->iova_rwsem);
  iter->cur_iova = iova;
  iter->last_iova = last_iova;
  iter->area = iopt_area_iter_first(iopt, iova, iova);
  if (iter->area == nullptr) return nullptr;
  iopt_pages* const pages = iter->area->pages;
  if (pages == nullptr) iter->area = nullptr;
  return iter->area;
}

iopt_area* iopt_area_contig_next(iopt_area_contig_iter* iter) {
  KFUNC();
  if (iter->area == nullptr) return nullptr;
  const unsigned long last_iova = iopt_area_last_iova(iter->area);
  if (iter->last_iova <= last_iova) return nullptr;
  iter->cur_iova = last_iova + 1;
  iter->area = iopt_area_iter_next(iter->area, iter->cur_iova, iter->last_iova);
  if (iter->area == nullptr) return nullptr;
  if (iter->cur_iova != iopt_area_iova(iter->area)) {
    iter->area = nullptr;
    return nullptr;
  }
  iopt_pages* const pages = iter->area->pages;
  if (pages == nullptr) iter->area = nullptr;
  return iter->area;
}

bool iopt_area_contig_done(iopt_area_contig_iter* iter) {
  KFUNC();
  return iter->area != nullptr && iter->last_iova <= iopt_area_last_iova(iter->area);
}

iopt_area* iopt_area_alloc() {
  KFUNC();
  return kzalloc<iopt_area>();
}

// The area takes the slice of `pages` that begins at start_byte. It goes in without its pages,
// which says that it is not complete.
int iopt_insert_area(io_pagetable* iopt, iopt_area* area, iopt_pages* pages, unsigned long iova,
                     unsigned long start_byte, unsigned long length, int iommu_prot) {
  KFUNC();
  lockdep_assert_held_write(&iopt->iova_rwsem);
  if ((iommu_prot & IOMMU_WRITE) != 0 && !pages->writable) return -EPERM;

  const unsigned long page_offset = start_byte % PAGE_SIZE;
  area->iommu_prot = iommu_prot;
  area->page_offset = static_cast<u32>(page_offset);
  const unsigned long alignment = iopt->iova_alignment;
  if ((page_offset & (alignment - 1)) != 0) return -EINVAL;

  unsigned long last = 0;
  area->node.start = iova;
  if (check_add_overflow(iova, length - 1, &last)) return -EOVERFLOW;
  area->node.last = last;
  area->pages_node.start = start_byte / PAGE_SIZE;
  if (check_add_overflow(start_byte, length - 1, &last)) return -EOVERFLOW;
  area->pages_node.last = last / PAGE_SIZE;
  const unsigned long npages = pages->npages;
  if (WARN_ON(last / PAGE_SIZE >= npages)) return -EOVERFLOW;

  area->iopt = iopt;
  interval_tree_insert(&area->node, &iopt->area_itree);
  return 0;
}

static int iopt_alloc_area_pages(io_pagetable* iopt, iopt_pages_list* list, unsigned long length,
                                 unsigned long* dst_iova, int iommu_prot, unsigned flags) {
  KFUNC();
  for (unsigned i = 0; i < list->count; ++i) {
    list->elm[i].area = iopt_area_alloc();
    if (list->elm[i].area == nullptr) return -ENOMEM;
  }

  down_write(&iopt->iova_rwsem);
  int rc = 0;
  const unsigned long alignment = iopt->iova_alignment;
  if ((length & (alignment - 1)) != 0 || length == 0) {
    rc = -EINVAL;
  } else if ((flags & IOPT_ALLOC_IOVA) != 0) {
    const unsigned long uptr = list->elm[0].pages->uptr;
    rc = iopt_alloc_iova(iopt, dst_iova, uptr + list->elm[0].start_byte, length);
    if (rc == 0 && WARN_ON(iopt_check_iova(iopt, *dst_iova, length))) rc = -EINVAL;
  } else {
    rc = iopt_check_iova(iopt, *dst_iova, length);
  }
  // The areas reserve their IOVA from here on, so the lock may be dropped.
  unsigned long iova = *dst_iova;
  for (unsigned i = 0; rc == 0 && i < list->count; ++i) {
    iopt_pages_list_elm* const elm = &list->elm[i];
    rc = iopt_insert_area(iopt, elm->area, elm->pages, iova, elm->start_byte, elm->length,
                          iommu_prot);
    iova += elm->length;
  }
  up_write(&iopt->iova_rwsem);
  return rc;
}

void iopt_abort_area(iopt_area* area) {
  KFUNC();
  iopt_pages* const pages = area->pages;
  WARN_ON(pages);
  io_pagetable* const iopt = area->iopt;
  if (iopt != nullptr) {
    down_write(&iopt->iova_rwsem);
    interval_tree_remove(&area->node, &iopt->area_itree);
    CONTRACT(area_removed, area);
    up_write(&iopt->iova_rwsem);
  }
  CONTRACT(area_freed, area);
  kfree(area);
}

void iopt_free_pages_list(iopt_pages_list* list) {
  KFUNC();
  for (unsigned i = 0; i < list->count; ++i) {
    if (list->elm[i].area != nullptr) iopt_abort_area(list->elm[i].area);
    if (list->elm[i].pages != nullptr) iopt_put_pages(list->elm[i].pages);
  }
}

static int iopt_fill_domains_pages(iopt_pages_list* list) {
  KFUNC();
  for (unsigned i = 0; i < list->count; ++i) {
    const int rc = iopt_area_fill_domains(list->elm[i].area, list->elm[i].pages);
    if (rc == 0) continue;
    for (unsigned undo = 0; undo < i; ++undo)
      iopt_area_unfill_domains(list->elm[undo].area, list->elm[undo].pages);
    return rc;
  }
  return 0;
}

// The device can reach the pages as soon as the domains are filled; software only once
// area->pages is set, which must be inside domains_rwsem so that no new domain misses the area.
int iopt_map_pages(io_pagetable* iopt, iopt_pages_list* list, unsigned long length,
                   unsigned long* dst_iova, int iommu_prot, unsigned flags) {
  KFUNC();
  int rc = iopt_alloc_area_pages(iopt, list, length, dst_iova, iommu_prot, flags);
  if (rc != 0) return rc;

  down_read(&iopt->domains_rwsem);
  rc = iopt_fill_domains_pages(list);
  if (rc == 0) {
    down_write(&iopt->iova_rwsem);
    for (unsigned i = 0; i < list->count; ++i) {
      list->elm[i].area->pages = list->elm[i].pages;
      CONTRACT(area_published, list->elm[i].area);
      list->elm[i].pages = nullptr;
      list->elm[i].area = nullptr;
    }
    up_write(&iopt->iova_rwsem);
  }
  up_read(&iopt->domains_rwsem);
  return rc;
}

int iopt_map_user_pages(io_pagetable* iopt, unsigned long* iova, unsigned long uptr,
                        unsigned long length, int iommu_prot, unsigned flags) {
  KFUNC();
  iopt_pages_list list = {};
  iopt_pages* const pages = iopt_alloc_pages(uptr, length, (iommu_prot & IOMMU_WRITE) != 0);
  if (IS_ERR(pages)) return static_cast<int>(PTR_ERR(pages));
  list.elm[0] = {.pages = pages, .area = nullptr, .start_byte = uptr % PAGE_SIZE, .length = length};
  list.count = 1;
  const int rc = iopt_map_pages(iopt, &list, length, iova, iommu_prot, flags);
  if (rc != 0) {
    PROBE(map_unwound);
    iopt_free_pages_list(&list);
  }
  return rc;
}

int iopt_get_pages(io_pagetable* iopt, unsigned long iova, unsigned long length,
                   iopt_pages_list* list) {
  KFUNC();
  unsigned long last_iova = 0;
  if (length == 0) return -EINVAL;
  if (check_add_overflow(iova, length - 1, &last_iova)) return -EOVERFLOW;

  int rc = 0;
  iopt_area_contig_iter iter;
  down_read(&iopt->iova_rwsem);
  iopt_area* area = iopt_area_contig_init(&iter, iopt, iova, last_iova);
  for (; area != nullptr; area = iopt_area_contig_next(&iter)) {
    if (list->count == pages_list_max) cut("pages_list_max");
    if (inject_fault("iopt_get_pages")) {
      rc = -ENOMEM;
      break;
    }
    iopt_pages_list_elm* const elm = &list->elm[list->count++];
    const unsigned long last = std::min(last_iova, iopt_area_last_iova(area));
    elm->start_byte = iopt_area_start_byte(area, iter.cur_iova);
    elm->pages = area->pages;
    elm->length = last - iter.cur_iova + 1;
    refcount_inc(&elm->pages->kref);
  }
  if (rc == 0 && !iopt_area_contig_done(&iter)) rc = -ENOENT;
  up_read(&iopt->iova_rwsem);
  if (rc != 0) iopt_free_pages_list(list);
  return rc;
}

}  // namespace iorace::kern
