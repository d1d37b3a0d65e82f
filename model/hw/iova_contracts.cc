// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where IOVAs are that have been handed out: in the hands of who maps and unmaps, or in the ring of
// the flush queue until they are free again.
//   iova-lost  H12  when an unmap has put its IOVA into the ring
#include "model/convict.h"
#include "model/hw/contracts.h"
#include "model/hw/dma_iommu.h"
#include "model/hw/ghosts.h"
#include "model/world.h"

namespace iorace::kern::contract {
namespace {

u64& held_of(const iova_domain* iovad) {
  return one_of(this_world().hw->ghost->iovas, &ghost_iovas::iovad, iovad).held;
}

u64 bits_in(const iova_fq* fq) {
  const iova_fq_entry* const entries = fq->entries.peek();
  u64 bits = 0;
  for (u64 i = fq->head.peek(); i != fq->tail.peek(); i = (i + 1) % fq->size.peek())
    bits |= iova_bits(entries[i].iova_pfn.peek(), entries[i].pages.peek());
  return bits;
}

}  // namespace

void iova_taken(const iova_domain* iovad, u64 pfn, u64 pages) {
  const peek_scope looking;
  held_of(iovad) |= iova_bits(pfn, pages);
}

void iova_given_back(const iova_domain* iovad, u64 pfn, u64 pages) {
  const peek_scope looking;
  held_of(iovad) &= ~iova_bits(pfn, pages);
}

void iova_queued(const dma_cookie* cookie, u64 pfn, u64 pages) {
  iova_given_back(&cookie->iovad, pfn, pages);
  const peek_scope looking;
  const u64 known = held_of(&cookie->iovad) | bits_in(cookie->single_fq.peek());
  if ((cookie->iovad.rcaches.peek()->taken.peek() & ~known) != 0)
    convict_here("iova-lost", "an IOVA is neither free nor queued, and nobody has it");
}

}  // namespace iorace::kern::contract
