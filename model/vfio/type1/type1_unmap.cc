// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// UNMAP_DMA: takes mappings away, or just the addresses behind them. Kernel:
// drivers/vfio/vfio_iommu_type1.c @ 6.12.117.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

struct unmap_range {
  unsigned long iova, size;
  bool all;
};

// Version 2 does not divide a mapping.
bool is_bisected(vfio_iommu* iommu, const unmap_range& range) {
  if (range.all || !iommu->v2) return false;
  vfio_dma* dma = vfio_find_dma(iommu, range.iova, 1);
  if (dma != nullptr && dma->iova != range.iova) return true;
  dma = vfio_find_dma(iommu, range.iova + range.size - 1, 0);
  if (dma == nullptr) return false;
  const unsigned long start = dma->iova;
  return start + dma->size != range.iova + range.size;
}

vfio_dma* dma_of(interval_tree_node* n) { return container_of(n, vfio_dma, node); }

interval_tree_node* vfio_find_dma_first_node(vfio_iommu* iommu, const unmap_range& range) {
  KFUNC();
  return interval_tree_iter_first(&iommu->dma_list, range.iova, ULONG_MAX);
}
interval_tree_node* next_node(interval_tree_node* n) {
  return interval_tree_iter_next(n, 0, ULONG_MAX);
}

// The end of the walk: behind the range, or, in version 1, a mapping that began before it.
bool is_beyond(vfio_iommu* iommu, vfio_dma* dma, const unmap_range& range) {
  const unsigned long iova = dma->iova;
  return iova >= range.iova + range.size || (range.iova > iova && !iommu->v2);
}

int invalidate_vaddrs(vfio_iommu* iommu, const unmap_range& range, unsigned long* unmapped) {
  KFUNC();
  interval_tree_node* const first_n = vfio_find_dma_first_node(iommu, range);
  for (interval_tree_node* n = first_n; n != nullptr; n = next_node(n)) {
    vfio_dma* const dma = dma_of(n);
    if (is_beyond(iommu, dma, range)) break;
    if (dma->vaddr_invalid) {
      PROBE(vaddr_rolled_back);
      for (interval_tree_node* done = first_n; done != n; done = next_node(done)) {
        dma_of(done)->vaddr_invalid = false;
        iommu->vaddr_invalid_count--;
      }
      *unmapped = 0;
      return -EINVAL;
    }
    dma->vaddr_invalid = true;
    iommu->vaddr_invalid_count++;
    *unmapped += dma->size;
  }
  return 0;
}

// A driver may pin anew as soon as its callback has returned, and has kept the contract.
constexpr bool pins_rows[] = {false, true};
bool is_pinned_anew(vfio_dma* dma, u32* seen) {
  if (!unmap_counts_pins()) return false;
  const u32 before = *seen;
  *seen = dma->pins;
  return *seen != before;
}

// While a notification runs anything may happen to mappings, so that the walk begins again. A
// mapping that divides the range by then ends the call, but is no error.
int remove_dmas(vfio_iommu* iommu, const unmap_range& range, unsigned long* unmapped) {
  KFUNC();
  const vfio_dma* dma_last = nullptr;
  u64 retries = 0;
  u32 pins = 0;
  int ret = -EINVAL;
again:
  if (is_bisected(iommu, range)) return ret;
  ret = 0;
  interval_tree_node* n = vfio_find_dma_first_node(iommu, range);
  while (n != nullptr) {
    vfio_dma* const dma = dma_of(n);
    if (is_beyond(iommu, dma, range)) break;
    if (!RB_EMPTY_ROOT(&dma->pfn_list)) {
      const bool anew = is_pinned_anew(dma, &pins);
      if (dma_last == dma && !anew) {
        const bool too_many = ++retries > limit_value(limit::dma_unmap_rounds);
        if (too_many) cut_if_below_kernel(limit::dma_unmap_rounds);
        BUG_ON(too_many);
      } else {
        dma_last = dma;
        retries = 0;
      }
      vfio_notify_dma_unmap(iommu, dma);
      goto again;
    }
    *unmapped += dma->size;
    n = next_node(n);
    vfio_remove_dma(iommu, dma);
  }
  return 0;
}

// Replaces the range by everything if that is meant.
bool is_valid(unmap_range* range) {
  if (range->iova % PAGE_SIZE != 0) return false;
  if (range->all) {
    if (range->iova != 0 || range->size != 0) return false;
    range->size = ULONG_MAX;
    return true;
  }
  return range->size != 0 && range->size % PAGE_SIZE == 0 &&
         range->iova + range->size - 1 >= range->iova;
}

int unmap_locked(vfio_iommu* iommu, unmap_range* range, bool invalidate_vaddr,
                 unsigned long* unmapped) {
  if (invalidate_vaddr && era().excludes && !list_empty(&iommu->emulated_iommu_groups)) {
    PROBE(vaddr_refused);
    return -EBUSY;
  }
  if (!is_valid(range)) return -EINVAL;
  if (!invalidate_vaddr) return remove_dmas(iommu, *range, unmapped);
  if (is_bisected(iommu, *range)) return -EINVAL;
  return invalidate_vaddrs(iommu, *range, unmapped);
}

}  // namespace

bool unmap_counts_pins() { return pins_rows[chosen(knob::remove_dmas_retries)]; }

int vfio_dma_do_unmap(vfio_iommu* iommu, unsigned long iova, unsigned long size, u32 flags,
                      unsigned long* unmapped) {
  KFUNC();
  const u32 known = VFIO_DMA_UNMAP_FLAG_ALL | (era().flag ? u32{VFIO_DMA_UNMAP_FLAG_VADDR} : 0);
  if ((flags & ~known) != 0) return -EINVAL;
  unmap_range range = {iova, size, (flags & VFIO_DMA_UNMAP_FLAG_ALL) != 0};
  unmap_begins(iommu);
  mutex_lock(&iommu->lock);
  const int ret = unmap_locked(iommu, &range, (flags & VFIO_DMA_UNMAP_FLAG_VADDR) != 0, unmapped);
  unlock_iommu(iommu);
  unmap_ends(iommu);
  return ret;
}

}  // namespace iorace::kern::type1
