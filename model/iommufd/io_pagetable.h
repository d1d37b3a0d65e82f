// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Areas of IOVA, the pages behind them, and who holds which. Kernel:
// drivers/iommu/iommufd/io_pagetable.h @ 6.12.117.
#pragma once

#include "model/iommufd/contracts.h"
#include "model/iommufd/iommufd_private.h"

namespace iorace::kern {

struct page;

enum : int { IOMMU_READ = 1, IOMMU_WRITE = 2 };
enum : unsigned { IOPT_ALLOC_IOVA = 1 };
enum : unsigned {
  IOMMUFD_ACCESS_RW_READ = 0,
  IOMMUFD_ACCESS_RW_WRITE = 1,
  IOMMUFD_ACCESS_RW_SLOW_PATH = 4,
};

// 1. `pages` is null while the area is being set up or torn down.
// 2. `node` belongs to iova_rwsem, `pages_node` to the pages' mutex; iopt and iommu_prot are const.
// 3. `num_accesses` is written under the pages' mutex and iova_rwsem held for reading, so whoever
//    holds the semaphore for writing may read it.
// 4. `prevent_access`, once set, stays.
struct iopt_area {
  interval_tree_node node;
  interval_tree_node pages_node;
  shared<io_pagetable*> iopt;
  shared<struct iopt_pages*> pages;
  shared<iommu_domain*> storage_domain;
  shared<u32> page_offset;  // bytes into the first page at which the area starts
  shared<int> iommu_prot;
  shared<bool> prevent_access;
  shared<u32> num_accesses;
};
IORACE_DESCRIBE(iopt_area, "area", node, pages_node, iopt, pages, storage_domain, page_offset,
                iommu_prot, prevent_access, num_accesses);

struct iopt_reserved {
  interval_tree_node node;
  shared<void*> owner;
};
IORACE_DESCRIBE(iopt_reserved, "reserved", node, owner);

// A run of user memory that areas share.
// 1. An index is pinned exactly once iff access_itree or domains_itree covers it.
// 2. Its pfn is in pinned_pfns iff access_itree covers it, else it is read from a storage domain.
struct iopt_pages {
  refcount_t kref;
  struct mutex mutex;  // everything below, and the areas' share of it
  shared<unsigned long> npages;
  shared<unsigned long> npinned;
  shared<unsigned long> last_npinned;
  shared<unsigned long> uptr;
  shared<bool> writable;
  xarray pinned_pfns;
  rb_root_cached access_itree;
  rb_root_cached domains_itree;
};
IORACE_DESCRIBE(iopt_pages, "pages", kref, mutex, npages, npinned, last_npinned, uptr, writable,
                pinned_pfns, access_itree, domains_itree);

// A pinned interval. Equal intervals share a node, overlapping ones do not.
struct iopt_pages_access {
  interval_tree_node node;
  shared<u32> users;
};
IORACE_DESCRIBE(iopt_pages_access, "pages_access", node, users);

inline unsigned long iopt_area_index(iopt_area* area) { return area->pages_node.start; }
inline unsigned long iopt_area_last_index(iopt_area* area) { return area->pages_node.last; }
inline unsigned long iopt_area_iova(iopt_area* area) { return area->node.start; }
inline unsigned long iopt_area_last_iova(iopt_area* area) { return area->node.last; }
inline unsigned long iopt_area_length(iopt_area* area) {
  const unsigned long last = area->node.last;
  const unsigned long start = area->node.start;
  return last - start + 1;
}
unsigned long iopt_area_start_byte(iopt_area* area, unsigned long iova);
inline unsigned long iopt_area_iova_to_index(iopt_area* area, unsigned long iova) {
  return iopt_area_start_byte(area, iova) / PAGE_SIZE;
}

iopt_area* iopt_area_iter_first(io_pagetable* iopt, unsigned long start, unsigned long last);
iopt_area* iopt_area_iter_next(iopt_area* area, unsigned long start, unsigned long last);
iopt_reserved* iopt_reserved_iter_first(io_pagetable* iopt, unsigned long start,
                                        unsigned long last);
iopt_reserved* iopt_reserved_iter_next(iopt_reserved* reserved, unsigned long start,
                                       unsigned long last);

// Areas in order without a hole between them, from the one that holds `iova`.
struct iopt_area_contig_iter {
  unsigned long cur_iova;
  unsigned long last_iova;
  iopt_area* area;
};
iopt_area* iopt_area_contig_init(iopt_area_contig_iter* iter, io_pagetable* iopt,
                                 unsigned long iova, unsigned long last_iova);
iopt_area* iopt_area_contig_next(iopt_area_contig_iter* iter);
// True iff the areas visited reach the end of the range.
bool iopt_area_contig_done(iopt_area_contig_iter* iter);

// What a map installs: one element per run of pages. The list is the caller's own memory.
struct iopt_pages_list_elm {
  iopt_pages* pages;
  iopt_area* area;
  unsigned long start_byte;
  unsigned long length;
};
inline constexpr unsigned pages_list_max = 16;
struct iopt_pages_list {
  iopt_pages_list_elm elm[pages_list_max];
  unsigned count;
};

// io_pagetable.cc
void iopt_init_table(io_pagetable* iopt);
void iopt_destroy_table(io_pagetable* iopt);
iopt_area* iopt_area_alloc();
void iopt_abort_area(iopt_area* area);
int iopt_insert_area(io_pagetable* iopt, iopt_area* area, iopt_pages* pages, unsigned long iova,
                     unsigned long start_byte, unsigned long length, int iommu_prot);
int iopt_map_user_pages(io_pagetable* iopt, unsigned long* iova, unsigned long uptr,
                        unsigned long length, int iommu_prot, unsigned flags);
int iopt_map_pages(io_pagetable* iopt, iopt_pages_list* list, unsigned long length,
                   unsigned long* dst_iova, int iommu_prot, unsigned flags);
int iopt_get_pages(io_pagetable* iopt, unsigned long iova, unsigned long length,
                   iopt_pages_list* list);
void iopt_free_pages_list(iopt_pages_list* list);
int iopt_unmap_iova(io_pagetable* iopt, unsigned long iova, unsigned long length,
                    unsigned long* unmapped);
int iopt_unmap_all(io_pagetable* iopt, unsigned long* unmapped);

// io_pagetable_iova.cc
int iopt_alloc_iova(io_pagetable* iopt, unsigned long* iova, unsigned long uptr,
                    unsigned long length);
int iopt_check_iova(io_pagetable* iopt, unsigned long iova, unsigned long length);
int iopt_reserve_iova(io_pagetable* iopt, unsigned long start, unsigned long last, void* owner);
void __iopt_remove_reserved_iova(io_pagetable* iopt, void* owner);
void iopt_remove_reserved_iova(io_pagetable* iopt, void* owner);

// io_pagetable_table.cc
int iopt_table_add_domain(io_pagetable* iopt, iommu_domain* domain);
void iopt_table_remove_domain(io_pagetable* iopt, iommu_domain* domain);
int iopt_add_access(io_pagetable* iopt, iommufd_access* access);
void iopt_remove_access(io_pagetable* iopt, iommufd_access* access, u32 iopt_access_list_id);
int iopt_cut_iova(io_pagetable* iopt, const unsigned long* iovas, unsigned num_iovas);
void iopt_enable_large_pages(io_pagetable* iopt);
int iopt_disable_large_pages(io_pagetable* iopt);

// pages.cc
iopt_pages* iopt_alloc_pages(unsigned long uptr, unsigned long length, bool writable);
void iopt_put_pages(iopt_pages* pages);

// pages_domain.cc
int iopt_area_fill_domains(iopt_area* area, iopt_pages* pages);
void iopt_area_unfill_domains(iopt_area* area, iopt_pages* pages);
int iopt_area_fill_domain(iopt_area* area, iommu_domain* domain);
void iopt_area_unfill_domain(iopt_area* area, iopt_pages* pages, iommu_domain* domain);
void iopt_area_unmap_domain(iopt_area* area, iommu_domain* domain);

// pages_access.cc
struct page_slot;
int iopt_area_add_access(iopt_area* area, unsigned long start_index, unsigned long last_index,
                         page_slot* out_pages, unsigned long out, unsigned flags);
void iopt_area_remove_access(iopt_area* area, unsigned long start_index, unsigned long last_index);
int iopt_pages_rw_access(iopt_pages* pages, unsigned long start_byte, unsigned long length,
                         unsigned flags);

}  // namespace iorace::kern
