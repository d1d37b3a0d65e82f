// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the three files of pages share: spans over two trees, reading pfns, counting pins.
// Kernel: drivers/iommu/iommufd/pages.c, double_span.h @ 6.12.117.
#pragma once

#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"

namespace iorace::kern {

// Walks [first, last] in pieces that are a hole in both trees (0), used in the first (1), or used
// in the second only (2). Simplified: adjoining used pieces come one by one, the kernel merges
// them.
struct interval_tree_double_span_iter {
  rb_root_cached* itrees[2];
  unsigned long last_index;
  unsigned long start, last;
  int is_used;  // -1 at the end
};
void interval_tree_double_span_iter_first(interval_tree_double_span_iter* iter,
                                          rb_root_cached* itree1, rb_root_cached* itree2,
                                          unsigned long first_index, unsigned long last_index);
void interval_tree_double_span_iter_next(interval_tree_double_span_iter* iter);
#define interval_tree_for_each_double_span(span, itree1, itree2, first_index, last_index)   \
  for (interval_tree_double_span_iter_first(span, itree1, itree2, first_index, last_index); \
       (span)->is_used != -1; interval_tree_double_span_iter_next(span))

// The pfns of a range of indexes, from the xarray, a storage domain or the user's memory.
// Simplified: the kernel works in batches that may be shorter than the range. Here one batch always
// does, since no range longer than the user's memory can be pinned.
struct pfn_reader {
  iopt_pages* pages;
  unsigned long start_index, last_index;
  unsigned long end_index;  // pfns[0 .. end_index - start_index) are read
  u32 pfns[user_pages_max];
};
int pfn_reader_first(pfn_reader* pfns, iopt_pages* pages, unsigned long start_index,
                     unsigned long last_index);
// Unpins what the reader has pinned and no access or domain holds.
void pfn_reader_release_pins(pfn_reader* pfns);
void pfn_reader_destroy(pfn_reader* pfns);

// The area whose domain holds the pfn of `index`.
iopt_area* iopt_pages_find_domain_area(iopt_pages* pages, unsigned long index);
// Reads pfns [start, last] back from the domains that hold them.
int iopt_pages_fill_from_domain(iopt_pages* pages, unsigned long start_index,
                                unsigned long last_index, u32* pfns);
u32 pfn_from_domain(iopt_area* area, iommu_domain* domain, unsigned long index);
int iopt_pages_fill_from_mm(iopt_pages* pages, unsigned long start_index, unsigned long last_index,
                            u32* pfns);
u32 pfn_from_xarray(iopt_pages* pages, unsigned long index);
void iopt_pages_unpin(iopt_pages* pages, unsigned long index, u32 pfn);
int pfn_reader_user_update_pinned(iopt_pages* pages);
void update_unpinned(iopt_pages* pages);
unsigned long iopt_area_index_to_iova(iopt_area* area, unsigned long index);
unsigned long iopt_area_index_to_iova_last(iopt_area* area, unsigned long index);

}  // namespace iorace::kern
