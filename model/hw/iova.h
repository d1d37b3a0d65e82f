// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// IOVA spaces. What is in use, or cached, is in a tree; in front of it stand caches, one per size
// (a power of two). Each CPU has two magazines of IOVAs that were given back, and full ones that it
// has no room for go to a depot, which work trims.
// An IOVA is in one place at a time: free in the tree, in somebody's hands, in a magazine.
// Simplified: nodes in an interval tree; a magazine's link lies beside its size, not in its place;
// which CPU a task is depends on its number alone (two of one CPU: one of them has moved away since
// it looked which CPU it was).
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/workqueue.h"

namespace iorace::kern {

inline constexpr unsigned IOVA_RANGE_CACHE_MAX_SIZE = 6;
inline constexpr unsigned IOVA_MAG_SIZE = 127;

struct iova {
  interval_tree_node node;
};
IORACE_DESCRIBE(iova, "iova", node);

// Has as many pfns as the limit says.
struct iova_magazine {
  shared<u64> size;
  shared<iova_magazine*> next;  // in the depot, where all are full
  shared<u64> pfns[IOVA_MAG_SIZE];
};
IORACE_DESCRIBE(iova_magazine, "magazine", size, next, pfns);

struct iova_cpu_rcache {
  spinlock_t lock;
  shared<iova_magazine*> loaded;
  shared<iova_magazine*> prev;
};
IORACE_DESCRIBE(iova_cpu_rcache, "cpu_rcache", lock, loaded, prev);

struct iova_domain;

// `lock` protects the depot. Inside the lock of a CPU's cache, outside of the tree's.
struct iova_rcache {
  spinlock_t lock;
  shared<u64> depot_size;
  shared<iova_magazine*> depot;
  shared<iova_cpu_rcache*> cpu_rcaches;
  shared<iova_domain*> iovad;
  delayed_work work;
};
IORACE_DESCRIBE(iova_rcache, "rcache", lock, depot_size, depot, cpu_rcaches, iovad, work);

struct iova_domain {
  spinlock_t iova_rbtree_lock;
  rb_root_cached rbroot;
  shared<u64> start_pfn;  // 0: not initialised
  shared<iova_rcache*> rcaches;
};
IORACE_DESCRIBE(iova_domain, "iovad", iova_rbtree_lock, rbroot, start_pfn, rcaches);

void init_iova_domain(iova_domain* iovad);
void put_iova_domain(iova_domain* iovad);

// Returns the first of `size` pages, the last of which is `limit_pfn` at most, or 0.
u64 alloc_iova_fast(iova_domain* iovad, u64 size, u64 limit_pfn, bool flush_rcache);
void free_iova_fast(iova_domain* iovad, u64 pfn, u64 size);

// iova_rcache_init.cc
// Returns 0 or -ENOMEM.
int iova_domain_init_rcaches(iova_domain* iovad);
void free_iova_rcaches(iova_domain* iovad);

// iova_rcache.cc
// Returns 0 if nothing is cached that fits.
u64 iova_rcache_get(iova_domain* iovad, u64 size, u64 limit_pfn);
// Returns false if it has to go back to the tree.
bool iova_rcache_insert(iova_domain* iovad, u64 pfn, u64 size);
// What is cached goes back to the tree: of one CPU, of the depots.
void free_cpu_cached_iovas(u64 cpu, iova_domain* iovad);
void free_global_cached_iovas(iova_domain* iovad);
u64 num_online_cpus();

// Of the tree. Requires: iova_rbtree_lock.
iova* private_find_iova(iova_domain* iovad, u64 pfn);
void remove_iova(iova_domain* iovad, iova* found);
void free_iova_mem(iova* freed);

}  // namespace iorace::kern
