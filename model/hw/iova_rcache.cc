// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The caches. Kernel: drivers/iommu/iova.c @ 6.12.117.
#include <bit>

#include "model/critical_section.h"
#include "model/hw/contracts.h"
#include "model/hw/iova_magazine.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum get_site { before_pop, after_pop };
constexpr cs_row get_rows[] = {
    {lock_kind::spin, on(before_pop), on(after_pop)},  // GET_CPU_LOCK
    {lock_kind::none, on(), on()},                     // GET_UNLOCKED
};
enum flush_site { before_flush, after_flush };
constexpr cs_row flush_rows[] = {
    {lock_kind::spin, on(before_flush), on(after_flush)},  // FLUSH_CPU_LOCK
    {lock_kind::none, on(), on()},                         // FLUSH_UNLOCKED
};
enum push_site { before_push, after_push };
constexpr cs_row push_rows[] = {
    {lock_kind::spin, on(before_push), on(after_push)},  // PUSH_DEPOT_LOCK
    {lock_kind::none, on(), on()},                       // PUSH_UNLOCKED
};

void swap(shared<iova_magazine*>& a, shared<iova_magazine*>& b) {
  iova_magazine* const of_a = a;
  iova_magazine* const of_b = b;
  a = of_b;
  b = of_a;
}

}  // namespace

u64 num_online_cpus() { return limit_value(limit::online_cpus); }
// Timers and workers run on the first CPU, as the setup does.
static iova_cpu_rcache* raw_cpu_ptr(iova_cpu_rcache* cpu_rcaches) {
  const task_id self = current_task();
  const u64 cpu = kind_of_task(self) == task_kind::cpu ? self % num_online_cpus() : 0;
  return cpu_rcaches + cpu;
}

static iova_rcache* rcaches_of(iova_domain* iovad) {
  iova_rcache* const rcaches = iovad->rcaches;
  BUG_ON(rcaches == nullptr);  // where the kernel would take an exception
  return rcaches;
}

// The cache of a size, or null if there is none.
static iova_rcache* rcache_of(iova_domain* iovad, u64 size) {
  const auto log_size = static_cast<u64>(std::bit_width(size - 1));
  return log_size < limit_value(limit::iova_rcache_sizes) ? rcaches_of(iovad) + log_size : nullptr;
}

static bool __iova_rcache_insert(iova_domain* iovad, iova_rcache* rcache, u64 iova_pfn) {
  KFUNC();
  iova_cpu_rcache* const cpu_rcache = raw_cpu_ptr(rcache->cpu_rcaches);
  bool can_insert = false;
  spin_lock(&cpu_rcache->lock);
  if (!iova_magazine_full(cpu_rcache->loaded)) {
    can_insert = true;
  } else if (!iova_magazine_full(cpu_rcache->prev)) {
    swap(cpu_rcache->prev, cpu_rcache->loaded);
    can_insert = true;
  } else if (iova_magazine* const new_mag = iova_magazine_alloc(gfp::atomic)) {
    critical_section cs(push_rows[chosen(knob::depot_push_lock)], {.spinning = &rcache->lock});
    cs.at(before_push);
    iova_depot_push(rcache, cpu_rcache->loaded);
    cs.at(after_push);
    schedule_depot_work(rcache);
    cpu_rcache->loaded = new_mag;
    can_insert = true;
  }
  if (can_insert) {
    iova_magazine_push(cpu_rcache->loaded, iova_pfn);
    CONTRACT(iova_given_back, iovad, iova_pfn);
  }
  spin_unlock(&cpu_rcache->lock);
  return can_insert;
}

bool iova_rcache_insert(iova_domain* iovad, u64 pfn, u64 size) {
  KFUNC();
  iova_rcache* const rcache = rcache_of(iovad, size);
  return rcache != nullptr && __iova_rcache_insert(iovad, rcache, pfn);
}

static u64 __iova_rcache_get(iova_rcache* rcache, u64 limit_pfn) {
  KFUNC();
  iova_cpu_rcache* const cpu_rcache = raw_cpu_ptr(rcache->cpu_rcaches);
  critical_section cs(get_rows[chosen(knob::rcache_get_lock)], {.spinning = &cpu_rcache->lock});
  bool has_pfn = false;
  u64 iova_pfn = 0;
  cs.at(before_pop);
  if (!iova_magazine_empty(cpu_rcache->loaded)) {
    has_pfn = true;
  } else if (!iova_magazine_empty(cpu_rcache->prev)) {
    swap(cpu_rcache->prev, cpu_rcache->loaded);
    has_pfn = true;
  } else {
    spin_lock(&rcache->lock);
    if (rcache->depot != nullptr) {
      iova_magazine_free(cpu_rcache->loaded);
      cpu_rcache->loaded = iova_depot_pop(rcache);
      has_pfn = true;
      PROBE(depot_popped);
    }
    spin_unlock(&rcache->lock);
  }
  if (has_pfn) iova_pfn = iova_magazine_pop(cpu_rcache->loaded, limit_pfn);
  if (iova_pfn != 0) CONTRACT(iova_taken, rcache->iovad.peek(), iova_pfn);
  cs.at(after_pop);
  return iova_pfn;
}

u64 iova_rcache_get(iova_domain* iovad, u64 size, u64 limit_pfn) {
  KFUNC();
  iova_rcache* const rcache = rcache_of(iovad, size);
  return rcache == nullptr ? 0 : __iova_rcache_get(rcache, limit_pfn - size);
}

void free_cpu_cached_iovas(u64 cpu, iova_domain* iovad) {
  KFUNC();
  iova_rcache* const rcaches = rcaches_of(iovad);
  for (u64 i = 0; i < limit_value(limit::iova_rcache_sizes); ++i) {
    iova_cpu_rcache& cpu_rcache = rcaches[i].cpu_rcaches[cpu];
    critical_section cs(flush_rows[chosen(knob::rcache_flush_lock)],
                        {.spinning = &cpu_rcache.lock});
    cs.at(before_flush);
    iova_magazine_free_pfns(cpu_rcache.loaded, iovad);
    iova_magazine_free_pfns(cpu_rcache.prev, iovad);
    cs.at(after_flush);
  }
}

void free_global_cached_iovas(iova_domain* iovad) {
  KFUNC();
  iova_rcache* const rcaches = rcaches_of(iovad);
  for (u64 i = 0; i < limit_value(limit::iova_rcache_sizes); ++i) {
    iova_rcache& rcache = rcaches[i];
    spin_lock(&rcache.lock);
    while (rcache.depot != nullptr) {
      iova_magazine* const mag = iova_depot_pop(&rcache);
      CONTRACT(magazine_taken, iovad, mag);
      iova_magazine_free_pfns(mag, iovad);
      iova_magazine_free(mag);
    }
    spin_unlock(&rcache.lock);
  }
}

}  // namespace iorace::kern
