// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   vaddr-count-wrong          I4.1  when iommu->lock is dropped
//   stale-vaddr                I4.2  when a mapping's address is used
//   pin-not-recorded           H11   when iommu->lock is dropped; see pin_records.h
//   pin-lost                   I4.4  when iommu->lock is dropped
//   unpinned-while-translated  I4.5  when a page's last pin is dropped
//   locked-vm-wrong            I4.6  when iommu->lock is dropped, of processes that are there
//   wait-failed-for-another    I4.9  when a wait for an address ends in an error
// I4.3, a close ends, and I4.8, no wake-up is lost, are the scheduler's verdicts; I4.7, an unmap
// ends, is the kernel's own BUG_ON.
#include "model/vfio/type1/contracts.h"

#include "model/convict.h"
#include "model/pin_records.h"
#include "model/vfio/type1/ghosts.h"

namespace iorace::kern::contract {
namespace {

using namespace type1;

type1_ghosts& ghost() { return *this_world().vfio_type1->ghost; }

template <class See>
void each_dma(const vfio_iommu* iommu, See see) {
  const interval_tree_node* n = interval_tree_peek_first(&iommu->dma_list);
  for (; n != nullptr; n = interval_tree_peek_next(n))
    see(container_of(const_cast<interval_tree_node*>(n), vfio_dma, node));
}
template <class See>
void each_vpfn(const vfio_dma* dma, See see) {
  const interval_tree_node* n = interval_tree_peek_first(&dma->pfn_list);
  for (; n != nullptr; n = interval_tree_peek_next(n))
    see(container_of(const_cast<interval_tree_node*>(n), vfio_pfn, node));
}
template <class See>
void each_container(See see) {
  for (const ghost_container& c : ghost().containers)
    if (is_live(c.iommu)) see(c.iommu);
}

void judge_count(const vfio_iommu* iommu) {
  unsigned invalid = 0;
  each_dma(iommu, [&](const vfio_dma* dma) { invalid += dma->vaddr_invalid.peek(); });
  if (invalid != iommu->vaddr_invalid_count.peek())
    convict_here("vaddr-count-wrong", "the container counts other addresses as invalid than are");
}

unsigned times_pinned(const vfio_iommu* iommu, unsigned long iova) {
  unsigned times = 0;
  each_dma(iommu, [&](const vfio_dma* dma) {
    each_vpfn(dma, [&](const vfio_pfn* vpfn) {
      if (vpfn->node.start.peek() == iova) times = vpfn->ref_count.peek();
    });
  });
  return times;
}

void judge_pins(const vfio_iommu* iommu) {
  for (const ghost_held& held : ghost().held)
    if (held.iommu == iommu && times_pinned(iommu, held.iova) != held.count)
      convict_here("pin-lost", "a driver holds a page that type1 does not know as pinned so often");
}

bool is_uncounted(const vfio_dma* dma) {
  for (const ghost_dma& d : ghost().uncounted)
    if (d.dma == dma) return true;
  return false;
}

void judge_dma(const vfio_dma* dma) {
  if (is_uncounted(dma) || refcount_peek(&dma->mm.peek()->mm_users) == 0) return;
  long pages = static_cast<long>(dma->size.peek() >> PAGE_SHIFT);
  if (!dma->iommu_mapped.peek()) {
    pages = 0;
    each_vpfn(dma, [&](const vfio_pfn*) { ++pages; });
  }
  if (pages != dma->locked_vm.peek())
    convict_here("locked-vm-wrong", "a mapping is charged for other pages than are pinned");
}

// Somebody else's section may be half done.
bool others_are_done(const vfio_iommu* iommu, const type1::mm_struct* mm) {
  bool done = mm->mmap_lock.writer == 0;
  each_container([&](const vfio_iommu* c) { done = done && (c == iommu || c->lock.holder == 0); });
  return done;
}

void judge_mm(const vfio_iommu* iommu, const type1::mm_struct* mm) {
  if (!is_live(mm) || refcount_peek(&mm->mm_users) == 0 || !others_are_done(iommu, mm)) return;
  long pages = 0;
  each_container([&](const vfio_iommu* c) {
    each_dma(c, [&](const vfio_dma* dma) {
      if (dma->mm.peek() == mm) pages += dma->locked_vm.peek();
    });
  });
  if (pages != mm->locked_vm.peek())
    convict_here("locked-vm-wrong", "a process is charged for other pages than its mappings are");
}

bool translates(const vfio_domain* d, unsigned long pfn) {
  for (unsigned long i = 0; i < io_pages; ++i)
    if (d->pte[i].peek() == pfn + 1 || d->iotlb[i].peek() == pfn + 1) return true;
  return false;
}

// The pages of a mapping that are pinned for domains, all of which have them.
void count_mapped(const vfio_iommu* iommu, const vfio_dma* dma, pin_records* records) {
  const list_head* const first = list_peek_next(&iommu->domain_list);
  if (!dma->iommu_mapped.peek() || first == &iommu->domain_list) return;
  const auto* const d = list_entry(const_cast<list_head*>(first), vfio_domain, next);
  const unsigned long at = dma->iova.peek() >> PAGE_SHIFT;
  for (unsigned long i = 0; i < dma->size.peek() >> PAGE_SHIFT; ++i)
    ++records->of[d->pte[at + i].peek() - 1];
}

ghost_held& held_page(const vfio_iommu* iommu, unsigned long iova) {
  for (ghost_held& held : ghost().held)
    if (held.iommu == iommu && held.iova == iova) return held;
  return ghost().held.add({.iommu = iommu, .iova = iova, .count = 0});
}

}  // namespace

void container_made(const vfio_iommu* iommu) {
  const peek_scope looking;
  ghost().containers.add({iommu});
}

void mm_made(const type1::mm_struct* mm) {
  const peek_scope looking;
  ghost().mms.add({mm});
}

void iommu_lock_released(const vfio_iommu* iommu) {
  const peek_scope looking;
  judge_count(iommu);
  judge_pins(iommu);
  each_dma(iommu, judge_dma);
  for (const ghost_mm& m : ghost().mms) judge_mm(iommu, m.mm);
  pins_recorded();
}

void count_pins_of_type1(pin_records* records) {
  each_container([&](const vfio_iommu* c) {
    if (c->lock.holder != 0 && c->lock.holder != current_task() + 1) records->half_way = true;
    each_dma(c, [&](const vfio_dma* dma) {
      each_vpfn(dma, [&](const vfio_pfn* vpfn) { ++records->of[vpfn->pfn.peek()]; });
      count_mapped(c, dma, records);
    });
  });
}

void vaddr_used(const vfio_dma* dma) {
  const peek_scope looking;
  if (dma->vaddr_invalid.peek())
    convict_here("stale-vaddr", "the user has taken the address of the mapping away");
}

void account_skipped(const vfio_dma* dma) {
  const peek_scope looking;
  if (!is_uncounted(dma)) ghost().uncounted.add({dma});
}

void pfn_unpinned(unsigned long pfn) {
  const peek_scope looking;
  if (atomic_peek(&pfn_to_page(pfn)->pincount) != 0) return;
  each_container([&](const vfio_iommu* c) {
    const list_head* at = list_peek_next(&c->domain_list);
    for (; at != &c->domain_list; at = list_peek_next(at))
      if (translates(list_entry(const_cast<list_head*>(at), vfio_domain, next), pfn))
        convict_here("unpinned-while-translated",
                     "a device can still reach the page whose last pin was dropped");
  });
}

void page_held(const vfio_iommu* iommu, unsigned long iova) {
  const peek_scope looking;
  held_page(iommu, iova).count++;
}

void page_let_go(const vfio_iommu* iommu, unsigned long iova) {
  const peek_scope looking;
  ghost_held& held = held_page(iommu, iova);
  if (--held.count == 0) ghost().held.remove(held);
}

// The wait may end for the device that goes, for a container that goes or a task that was killed.
void wait_failed(const vfio_iommu* iommu, const mdev_device* device) {
  const peek_scope looking;
  const bool goes = device != nullptr && refcount_peek(&device->f_count) == 0;
  if (!goes && iommu->container_open.peek() && !fatal_signal_pending())
    convict_here("wait-failed-for-another", "the wait failed because of a device of somebody else");
}

}  // namespace iorace::kern::contract
