// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   pin-survives-unmap        I1.1  when an unmap callback has returned, by area generation
//   area-freed-with-accesses  I1.2  when an area is freed
//   unpinned-while-mapped     I1.3  when a page's last pin is dropped
//   pinned-after-release      I1.4  when pages are released (beside the kernel's own WARN_ONs)
//   pinned-not-once           I1.5  when the pages' mutex is about to be dropped
//   callback-after-destroy    I1.6  when a callback begins, and when the destroy operation is done
//   area-survives-unmap       I1.8  when an unmap returns 0
//   unlisted-error            I1.9  when a system call returns
//   unmap-goes-back           I1.10 when an unmap has found an area
//   pin-not-recorded          H11   when the pages' mutex is about to be dropped; see pin_records.h
// I1.7, no deadlock, is the scheduler's own verdict.
#include "model/iommufd/contracts.h"

#include "model/convict.h"
#include "model/hw/reach.h"
#include "model/iommufd/ghosts.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/selftest.h"
#include "model/mm/mm.h"
#include "model/pin_records.h"

namespace iorace::kern::contract {
namespace {

ghosts& ghost() { return *this_world().ghost; }

const char* const pinning[] = {"iommufd_test_access_pages", "access_driver_pin_pages", nullptr};
const char* const undoing[] = {"iommufd_test_access_item_destroy", "access_driver_unpin_pages",
                               nullptr};
const char* const revoking[] = {"iommufd_test_access_unmap", nullptr};
const char* const copying[] = {"iopt_pages_rw_page", nullptr};
const char* const callbacks[] = {"iommufd_test_access_unmap", nullptr};

// Who should have undone the pin, or have told the callback of it. A pin that is on the driver's
// list was put there too late; one that is not is in the hands of somebody still under way.
side responsible(const ghost_pin& pin) {
  const task_id self = current_task();
  if (pin.task != self && task_inside(pin.task, pinning) != nullptr)
    return {pin.function, pin.task};
  if (!iommufd_test_access_has_item(pin.access, pin.area))
    for (const auto* among : {undoing, revoking})
      for (task_id t = 0; t < task_count(); ++t) {
        if (t == self) continue;
        if (const char* const function = task_inside(t, among)) return {function, t};
      }
  return {pin.function, pin.task};
}

void judge_pin(const ghost_pin& pin, const char* detail) {
  if (pin.count == 0) return;
  convict("pin-survives-unmap", {callbacks[0], current_task()}, responsible(pin), detail);
}

ghost_pin* find_pin(const iommufd_access* access, const iopt_area* area) {
  for (ghost_pin& pin : ghost().pins)
    if (pin.access == access && pin.area == area) return &pin;
  return nullptr;
}

ghost_access& access_of(const iommufd_access* access) {
  return one_of(ghost().accesses, &ghost_access::access, access);
}

ghost_pages& pages_of(const iopt_pages* pages) {
  return one_of(ghost().pages, &ghost_pages::pages, pages);
}

// Which page of the user's memory is at index 0; below 0 if that memory begins after it.
long first_page(const iopt_pages* pages) {
  return static_cast<long>(pages->uptr.peek() - user_memory_start) / long{PAGE_SIZE};
}
// Nothing else can be pinned.
u64 bit_of(const iopt_pages* pages, unsigned long index) {
  const long page = first_page(pages) + static_cast<long>(index);
  return page < 0 || page >= long{user_pages_max} ? 0 : u64{1} << page;
}

// Bit i: the tree covers the index of the user's page i.
u64 covered(const iopt_pages* pages, const rb_root_cached* tree) {
  u64 mask = 0;
  const long shift = first_page(pages);
  const interval_tree_node* node = interval_tree_peek_first(tree);
  for (; node != nullptr; node = interval_tree_peek_next(node)) {
    const long first = std::max(shift + static_cast<long>(node->start.peek()), 0L);
    const long last =
        std::min(shift + static_cast<long>(node->last.peek()), long{user_pages_max} - 1);
    if (first <= last) mask |= ~u64{0} >> (63 - last) & ~u64{0} << first;
  }
  return mask;
}

}  // namespace

void area_published(const iopt_area* area) {
  const peek_scope looking;
  ghost().areas.add({.area = area,
                     .iopt = area->iopt.peek(),
                     .first = area->node.start.peek(),
                     .last = area->node.last.peek(),
                     .published = ++ghost().published});
}

void area_revoked(const iopt_area* area) {
  const peek_scope looking;
  this_task().marked = area;
}

void area_removed(const iopt_area* area) {
  const peek_scope looking;
  for (ghost_area& a : ghost().areas)
    if (a.area == area) return ghost().areas.remove(a);
}

void area_freed(const iopt_area* area) {
  const peek_scope looking;
  if (area->num_accesses.peek() != 0)
    convict_here("area-freed-with-accesses", "the area still counts accesses");
  for (const ghost_pin& pin : ghost().pins)
    if (pin.area == area && pin.count != 0)
      convict_here("area-freed-with-accesses", "an access still has pins on the area");
}

void unmap_entered() {
  const peek_scope looking;
  this_task().entered = ghost().published;
  this_task().passed = false;
}

// An area that reaches beyond what was passed is in the way of what is left, whenever it came.
void unmap_found(const iopt_area* area) {
  const peek_scope looking;
  if (this_task().passed && area->node.last.peek() <= this_task().passed_last)
    convict_here("unmap-goes-back", "the unmap has been here and met what was mapped since");
}

void unmap_detached(const iopt_area* area) {
  const peek_scope looking;
  this_task().passed = true;
  this_task().passed_last = area->node.last.peek();
}

void unmap_returned(const io_pagetable* iopt, unsigned long first, unsigned long last, int rc) {
  const peek_scope looking;
  this_task().marked = nullptr;
  if (rc != 0) return;
  for (const ghost_area& a : ghost().areas)
    if (a.iopt == iopt && a.first <= last && a.last >= first && a.published <= this_task().entered)
      convict_here("area-survives-unmap", "an area that was there before the unmap is still there");
}

void callback_entered(const iommufd_access* access) {
  const peek_scope looking;
  ghost_access& a = access_of(access);
  if (a.destroyed) convict_here("callback-after-destroy", "the access has been destroyed");
  a.running++;
}

void callback_returned(const iommufd_access* access) {
  const peek_scope looking;
  access_of(access).running--;
  const auto* const area = static_cast<const iopt_area*>(this_task().marked);
  if (area == nullptr) return;
  if (const ghost_pin* const pin = find_pin(access, area))
    judge_pin(*pin, "the unmap callback has returned and the access still pins the area");
}

void change_callback_returned(const iommufd_access* access, const io_pagetable* iopt) {
  const peek_scope looking;
  access_of(access).running--;
  for (const ghost_pin& pin : ghost().pins)
    if (pin.access == access && pin.area->iopt.peek() == iopt)
      judge_pin(pin, "the unmap callback has returned and the access still pins its old ioas");
}

void access_destroyed(const iommufd_access* access) {
  const peek_scope looking;
  ghost_access& a = access_of(access);
  a.destroyed = true;
  if (a.running != 0) convict_here("callback-after-destroy", "a callback is still running");
}

void pinned(const iommufd_access* access, const iopt_area* area) {
  const peek_scope looking;
  ghost_pin* pin = find_pin(access, area);
  if (pin == nullptr)
    pin = &ghost().pins.add(
        {.area = area, .access = access, .count = 0, .function = nullptr, .task = no_task});
  pin->count++;
  pin->task = current_task();
  const char* const function = task_inside(pin->task, pinning);
  pin->function = function != nullptr ? function : "iommufd_access_pin_pages";
}

void unpinned(const iommufd_access* access, const iopt_area* area) {
  const peek_scope looking;
  ghost_pin* const pin = find_pin(access, area);
  if (pin == nullptr || pin->count == 0) return;  // misuse, which has its own WARN_ON
  if (--pin->count == 0) ghost().pins.remove(*pin);
}

void pages_made(const iopt_pages* pages) {
  const peek_scope looking;
  pages_of(pages);
}

void index_pinned(const iopt_pages* pages, unsigned long index) {
  const peek_scope looking;
  ghost_pages& p = pages_of(pages);
  const u64 bit = bit_of(pages, index);
  p.twice |= p.pinned & bit;
  p.pinned |= bit;
}

void index_unpinned(const iopt_pages* pages, unsigned long index) {
  const peek_scope looking;
  ghost_pages& p = pages_of(pages);
  const u64 bit = bit_of(pages, index);
  if ((p.twice & bit) != 0)
    p.twice &= ~bit;
  else
    p.pinned &= ~bit;
}

void pages_settled(const iopt_pages* pages) {
  const peek_scope looking;
  const ghost_pages& p = pages_of(pages);
  if (p.twice != 0) convict_here("pinned-not-once", "an index is pinned twice");
  if (p.pinned != (covered(pages, &pages->access_itree) | covered(pages, &pages->domains_itree)))
    convict_here("pinned-not-once", "what is pinned is not what accesses and domains cover");
  pins_recorded();
}

// A copy of one page pins it beside pages->mutex.
void count_pins_of_iommufd(pin_records* records) {
  for (task_id t = 0; t < task_count(); ++t)
    if (t != current_task() && task_inside(t, copying) != nullptr) records->half_way = true;
  for (const ghost_pages& p : ghost().pages) {
    const task_id holder = p.pages->mutex.holder;
    if (holder != 0 && holder != current_task() + 1) records->half_way = true;
    for (unsigned long i = 0; i < user_pages_max; ++i) records->of[i] += p.pinned >> i & 1;
  }
}

void pages_released(const iopt_pages* pages) {
  const peek_scope looking;
  ghost_pages& p = pages_of(pages);
  if (p.pinned != 0)
    convict_here("pinned-after-release", "a released run of pages is still pinned");
  ghost().pages.remove(p);
}

void page_unpinned(unsigned long pfn) {
  const peek_scope looking;
  if (this_world().hw == nullptr || atomic_peek(&pfn_to_page(pfn)->pincount) != 0) return;
  for (const dma_page& memory : pfn_to_page(pfn)->memory) {
    if (is_in_walkable_tree(&memory))
      convict_here("unpinned-while-mapped",
                   "a device can still walk to the page whose last pin was dropped");
    if (is_in_tlb(&memory))
      convict_here("unpinned-while-mapped", "a TLB still has the page whose last pin was dropped");
  }
}

void syscall_returned(const char* name, long rc, const int* errors, unsigned n) {
  if (rc >= 0) return;
  for (unsigned i = 0; i < n; ++i)
    if (rc == -errors[i]) return;
  const peek_scope looking;
  convict("unlisted-error", {name, current_task()}, {nullptr, no_task},
          "the call returned an error that it never returns");
}

}  // namespace iorace::kern::contract
