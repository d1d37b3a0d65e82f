// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How the caches of an IOVA space come and go.
// Kernel: drivers/iommu/iova.c @ 6.12.117.
#include "model/hw/iova_magazine.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum free_step : u8 { stop_work, free_depot, leave_work };
constexpr free_step free_rows[][2] = {
    {stop_work, free_depot},   // WORK_CANCELLED
    {free_depot, stop_work},   // WORK_CANCELLED_LAST
    {free_depot, leave_work},  // WORK_LEFT
};

}  // namespace

static int init_rcache(iova_rcache* rcache, iova_domain* iovad) {
  spin_lock_init(&rcache->lock);
  rcache->iovad = iovad;
  INIT_DELAYED_WORK(&rcache->work, iova_depot_work_func);
  const u64 cpus = num_online_cpus();
  auto* const cpu_rcaches = kvcalloc<iova_cpu_rcache>(cpus);
  if (cpu_rcaches == nullptr) return -ENOMEM;
  rcache->cpu_rcaches = cpu_rcaches;
  for (u64 cpu = 0; cpu < cpus; ++cpu) {
    iova_cpu_rcache& cpu_rcache = cpu_rcaches[cpu];
    spin_lock_init(&cpu_rcache.lock);
    iova_magazine* const loaded = iova_magazine_alloc(gfp::kernel);
    cpu_rcache.loaded = loaded;
    iova_magazine* const prev = iova_magazine_alloc(gfp::kernel);
    cpu_rcache.prev = prev;
    if (loaded == nullptr || prev == nullptr) return -ENOMEM;
  }
  return 0;
}

int iova_domain_init_rcaches(iova_domain* iovad) {
  KFUNC();
  const u64 sizes = limit_value(limit::iova_rcache_sizes);
  auto* const rcaches = kvcalloc<iova_rcache>(sizes);
  iovad->rcaches = rcaches;
  if (rcaches == nullptr) return -ENOMEM;
  for (u64 i = 0; i < sizes; ++i)
    if (init_rcache(rcaches + i, iovad) != 0) {
      free_iova_rcaches(iovad);
      return -ENOMEM;
    }
  return 0;
}

static void free_depot_of(iova_rcache* rcache) {
  while (rcache->depot != nullptr) iova_magazine_free(iova_depot_pop(rcache));
}

void free_iova_rcaches(iova_domain* iovad) {
  KFUNC();
  iova_rcache* const rcaches = iovad->rcaches;
  for (u64 i = 0; i < limit_value(limit::iova_rcache_sizes); ++i) {
    iova_rcache& rcache = rcaches[i];
    iova_cpu_rcache* const cpu_rcaches = rcache.cpu_rcaches;
    if (cpu_rcaches == nullptr) break;
    for (u64 cpu = 0; cpu < num_online_cpus(); ++cpu) {
      iova_magazine_free(cpu_rcaches[cpu].loaded);
      iova_magazine_free(cpu_rcaches[cpu].prev);
    }
    kfree(cpu_rcaches);
    for (const free_step step : free_rows[chosen(knob::free_rcaches_work)]) {
      if (step == stop_work) cancel_delayed_work_sync(&rcache.work);
      if (step == free_depot) free_depot_of(&rcache);
    }
  }
  kfree(rcaches);
  iovad->rcaches = nullptr;
}

}  // namespace iorace::kern
