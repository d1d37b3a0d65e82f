// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where IOVAs are that are not free in the tree: in the hands of who maps, unmaps or trims a depot,
// in the ring of the flush queue, or in a magazine. Bit i is the IOVA that begins with page i.
//   iova-lost           H13  when an unmap has put its IOVA into the ring
//   iova-in-two-places  H14  when an IOVA is handed out, and when the space goes
// A cache or a ring whose lock is held is being changed: what it has is not looked at for H14.
#include "model/convict.h"
#include "model/hw/contracts.h"
#include "model/hw/dma_iommu.h"
#include "model/hw/ghosts.h"
#include "model/world.h"

namespace iorace::kern::contract {
namespace {

// A magazine that is in the depot twice ends no walk.
constexpr u64 depot_walk_max = 64;

u64& held_of(const iova_domain* iovad) {
  return one_of(this_world().hw->ghost->iovas, &ghost_iovas::iovad, iovad).held;
}

bool is_at_rest(const spinlock_t& lock) { return lock.holder == 0; }
u64 bit_of(u64 pfn) { return u64{1} << pfn % 64; }

// Calls see(bit, the lock of the place where it is) for each IOVA in a magazine, or in the ring,
// too. What is being made or freed has nothing.
template <class See>
void each_magazine(const iova_rcache& rcache, See see) {
  const u64 full = limit_value(limit::iova_mag_size);
  const auto see_pfns = [&](const iova_magazine* mag, u64 size, const spinlock_t& lock) {
    for (u64 i = 0; i < std::min(size, full); ++i) see(bit_of(mag->pfns[i].peek()), lock);
  };
  const iova_cpu_rcache* const cpu_rcaches = rcache.cpu_rcaches.peek();
  if (cpu_rcaches == nullptr || !is_live(cpu_rcaches)) return;
  for (u64 cpu = 0; cpu < num_online_cpus(); ++cpu)
    for (const auto mag : {&iova_cpu_rcache::loaded, &iova_cpu_rcache::prev}) {
      const iova_magazine* const of_cpu = (cpu_rcaches[cpu].*mag).peek();
      if (of_cpu != nullptr && is_live(of_cpu))
        see_pfns(of_cpu, of_cpu->size.peek(), cpu_rcaches[cpu].lock);
    }
  const iova_magazine* mag = rcache.depot.peek();
  for (u64 i = 0; i < depot_walk_max && mag != nullptr && is_live(mag); ++i) {
    see_pfns(mag, full, rcache.lock);
    mag = mag->next.peek();
  }
}
template <class See>
void each_place(const dma_cookie* cookie, See see) {
  const iova_fq* const fq = cookie->single_fq.peek();
  const bool has_ring = fq != nullptr && is_live(fq) && is_live(fq->entries.peek());
  if (has_ring) {
    const iova_fq_entry* const entries = fq->entries.peek();
    for (u64 i = fq->head.peek(); i != fq->tail.peek(); i = (i + 1) % fq->size.peek())
      see(bit_of(entries[i].iova_pfn.peek()), fq->lock);
  }
  const iova_rcache* const rcaches = cookie->iovad.rcaches.peek();
  if (rcaches == nullptr || !is_live(rcaches)) return;
  for (u64 i = 0; i < limit_value(limit::iova_rcache_sizes); ++i) each_magazine(rcaches[i], see);
}

dma_cookie* cookie_of(iova_domain* iovad) { return container_of(iovad, dma_cookie, iovad); }

u64 bits_in_tree(const iova_domain* iovad) {
  u64 bits = 0;
  for (const auto* node = interval_tree_peek_first(&iovad->rbroot); node != nullptr;
       node = interval_tree_peek_next(node))
    bits |= bit_of(node->start.peek());
  return bits;
}

}  // namespace

void iova_taken(iova_domain* iovad, u64 pfn) {
  const peek_scope looking;
  u64& held = held_of(iovad);
  if ((held & bit_of(pfn)) != 0)
    convict_here("iova-in-two-places", "somebody else has the IOVA that is handed out");
  each_place(cookie_of(iovad), [&](u64 bit, const spinlock_t& lock) {
    if (bit == bit_of(pfn) && is_at_rest(lock))
      convict_here("iova-in-two-places", "the IOVA that is handed out is queued or cached");
  });
  held |= bit_of(pfn);
}

void magazine_taken(iova_domain* iovad, const iova_magazine* mag) {
  for (u64 i = 0; i < limit_value(limit::iova_mag_size); ++i)
    iova_taken(iovad, mag->pfns[i].peek());
}

void iova_given_back(const iova_domain* iovad, u64 pfn) {
  const peek_scope looking;
  held_of(iovad) &= ~bit_of(pfn);
}

void iova_queued(const dma_cookie* cookie, u64 pfn) {
  const iova_domain* const iovad = &cookie->iovad;
  iova_given_back(iovad, pfn);
  const peek_scope looking;
  u64 known = held_of(iovad);
  each_place(cookie, [&](u64 bit, const spinlock_t&) { known |= bit; });
  if ((bits_in_tree(iovad) & ~known) != 0)
    convict_here("iova-lost", "an IOVA is neither free nor queued, and nobody has it");
}

void iova_space_put(iova_domain* iovad) {
  const peek_scope looking;
  u64 seen = held_of(iovad);
  each_place(cookie_of(iovad), [&](u64 bit, const spinlock_t& lock) {
    if (!is_at_rest(lock)) return;
    if ((seen & bit) != 0)
      convict_here("iova-in-two-places", "the IOVA is in somebody's hands or a magazine, too");
    seen |= bit;
  });
}

}  // namespace iorace::kern::contract
