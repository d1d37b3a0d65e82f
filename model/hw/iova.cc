// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The tree, and what is done when the caches have nothing.
// Simplified: each aligned place is looked at, highest first, instead of each gap.
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#include "model/hw/iova.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

void init_iova_domain(iova_domain* iovad) {
  KFUNC();
  spin_lock_init(&iovad->iova_rbtree_lock);
  iovad->start_pfn = 1;
}

void free_iova_mem(iova* freed) {
  KFUNC();
  kfree(freed);
}

static int __alloc_and_insert_iova_range(iova_domain* iovad, u64 size, u64 limit_pfn,
                                         iova* new_iova) {
  KFUNC();
  const u64 align = roundup_pow_of_two(size);
  spin_lock(&iovad->iova_rbtree_lock);
  const u64 low_pfn = iovad->start_pfn;
  u64 new_pfn = limit_pfn < size ? 0 : ALIGN_DOWN(limit_pfn - size, align);
  while (new_pfn >= low_pfn &&
         interval_tree_iter_first(&iovad->rbroot, new_pfn, new_pfn + size - 1) != nullptr)
    new_pfn -= std::min(align, new_pfn);
  const int rc = new_pfn < low_pfn ? -ENOMEM : 0;
  if (rc == 0) {
    new_iova->node.start = new_pfn;
    new_iova->node.last = new_pfn + size - 1;
    interval_tree_insert(&new_iova->node, &iovad->rbroot);
    CONTRACT(iova_taken, iovad, new_pfn);
  }
  spin_unlock(&iovad->iova_rbtree_lock);
  return rc;
}

static iova* alloc_iova(iova_domain* iovad, u64 size, u64 limit_pfn) {
  KFUNC();
  iova* const new_iova = kzalloc<iova>(gfp::atomic);
  if (new_iova == nullptr) return nullptr;
  if (__alloc_and_insert_iova_range(iovad, size, limit_pfn + 1, new_iova) == 0) return new_iova;
  free_iova_mem(new_iova);
  return nullptr;
}

iova* private_find_iova(iova_domain* iovad, u64 pfn) {
  KFUNC();
  interval_tree_node* const node = interval_tree_iter_first(&iovad->rbroot, pfn, pfn);
  return node == nullptr ? nullptr : container_of(node, iova, node);
}

void remove_iova(iova_domain* iovad, iova* found) {
  KFUNC();
  const u64 pfn = found->node.start;
  interval_tree_remove(&found->node, &iovad->rbroot);
  CONTRACT(iova_given_back, iovad, pfn);
}

static void free_iova(iova_domain* iovad, u64 pfn) {
  KFUNC();
  spin_lock(&iovad->iova_rbtree_lock);
  iova* const found = private_find_iova(iovad, pfn);
  if (found == nullptr) {
    spin_unlock(&iovad->iova_rbtree_lock);
    return;
  }
  remove_iova(iovad, found);
  spin_unlock(&iovad->iova_rbtree_lock);
  free_iova_mem(found);
}

// Sizes that may be cached are rounded up to a power of two.
u64 alloc_iova_fast(iova_domain* iovad, u64 size, u64 limit_pfn, bool flush_rcache) {
  KFUNC();
  if (size < u64{1} << (IOVA_RANGE_CACHE_MAX_SIZE - 1)) size = roundup_pow_of_two(size);
  const u64 iova_pfn = iova_rcache_get(iovad, size, limit_pfn + 1);
  if (iova_pfn != 0) return iova_pfn;
  for (;;) {
    const iova* const new_iova = alloc_iova(iovad, size, limit_pfn);
    if (new_iova != nullptr) return new_iova->node.start;
    if (!flush_rcache) return 0;
    flush_rcache = false;
    PROBE(rcache_flushed);
    for (u64 cpu = 0; cpu < num_online_cpus(); ++cpu) free_cpu_cached_iovas(cpu, iovad);
    free_global_cached_iovas(iovad);
  }
}

void free_iova_fast(iova_domain* iovad, u64 pfn, u64 size) {
  KFUNC();
  if (iova_rcache_insert(iovad, pfn, size)) return;
  free_iova(iovad, pfn);
}

// What is cached is in the tree, too.
void put_iova_domain(iova_domain* iovad) {
  KFUNC();
  CONTRACT(iova_space_put, iovad);
  if (iovad->rcaches != nullptr) free_iova_rcaches(iovad);
  interval_tree_node* node = interval_tree_iter_first(&iovad->rbroot, 0, ~u64{0});
  while (node != nullptr) {
    interval_tree_node* const next = interval_tree_iter_next(node, 0, ~u64{0});
    free_iova_mem(container_of(node, iova, node));
    node = next;
  }
}

}  // namespace iorace::kern
