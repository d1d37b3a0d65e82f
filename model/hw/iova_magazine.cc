// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#include "model/hw/iova_magazine.h"

#include "model/hw/contracts.h"
#include "model/hw/hw_world.h"
#include "model/world.h"

namespace iorace::kern {

constexpr unsigned long IOVA_DEPOT_DELAY = 1;

iova_magazine* iova_magazine_alloc(gfp flags) {
  KFUNC();
  const u64 bytes = offsetof(iova_magazine, pfns) + limit_value(limit::iova_mag_size) * sizeof(u64);
  return static_cast<iova_magazine*>(
      allocate_object(*class_of<iova_magazine>(), bytes, flags, true));
}

// kmem_cache_free() takes an exception where kfree() returns.
void iova_magazine_free(iova_magazine* mag) {
  KFUNC();
  if (!omit(knob::magazine_free_null, NULL_IGNORED)) BUG_ON(mag == nullptr);
  kfree(mag);
}

void iova_magazine_free_pfns(iova_magazine* mag, iova_domain* iovad) {
  KFUNC();
  spin_lock(&iovad->iova_rbtree_lock);
  const u64 size = mag->size;
  for (u64 i = 0; i < size; ++i) {
    iova* const found = private_find_iova(iovad, mag->pfns[i]);
    if (WARN_ON(found == nullptr)) continue;
    remove_iova(iovad, found);
    free_iova_mem(found);
  }
  spin_unlock(&iovad->iova_rbtree_lock);
  mag->size = 0;
}

bool iova_magazine_full(const iova_magazine* mag) {
  return mag->size == limit_value(limit::iova_mag_size);
}
bool iova_magazine_empty(const iova_magazine* mag) { return mag->size == 0; }

// Takes the last one that fits, and puts the last one in its place.
u64 iova_magazine_pop(iova_magazine* mag, u64 limit_pfn) {
  KFUNC();
  const u64 size = mag->size;
  u64 i = size - 1;
  while (mag->pfns[i] > limit_pfn)
    if (i-- == 0) return 0;
  const u64 pfn = mag->pfns[i];
  const u64 last = mag->pfns[size - 1];
  mag->pfns[i] = last;
  mag->size = size - 1;
  return pfn;
}

void iova_magazine_push(iova_magazine* mag, u64 pfn) {
  KFUNC();
  const u64 size = mag->size;
  mag->pfns[size] = pfn;
  mag->size = size + 1;
}

iova_magazine* iova_depot_pop(iova_rcache* rcache) {
  KFUNC();
  iova_magazine* const mag = rcache->depot;
  iova_magazine* const next = mag->next;
  if (!omit(knob::depot_pop_unlink, DEPOT_KEEPS)) rcache->depot = next;
  mag->size = limit_value(limit::iova_mag_size);
  rcache->depot_size--;
  return mag;
}

void iova_depot_push(iova_rcache* rcache, iova_magazine* mag) {
  KFUNC();
  iova_magazine* const next = rcache->depot;
  mag->next = next;
  rcache->depot = mag;
  rcache->depot_size++;
  PROBE(depot_pushed);
}

void schedule_depot_work(iova_rcache* rcache) {
  queue_delayed_work(&this_world().hw->system_wq, &rcache->work, IOVA_DEPOT_DELAY);
}

void iova_depot_work_func(work_struct* work) {
  KFUNC();
  iova_rcache* const rcache = container_of(to_delayed_work(work), iova_rcache, work);
  iova_magazine* mag = nullptr;
  spin_lock(&rcache->lock);
  if (rcache->depot_size > num_online_cpus()) {
    mag = iova_depot_pop(rcache);
    CONTRACT(magazine_taken, rcache->iovad.peek(), mag);
  }
  spin_unlock(&rcache->lock);
  if (mag == nullptr) return;
  PROBE(depot_trimmed);
  iova_magazine_free_pfns(mag, rcache->iovad);
  iova_magazine_free(mag);
  schedule_depot_work(rcache);
}

}  // namespace iorace::kern
