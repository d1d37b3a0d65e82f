// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a machine without IOMMUs; what programs make comes on top. In
// the end devices are released and domains freed.
#include <new>

#include "model/hw/driver.h"
#include "model/hw/ghosts.h"
#include "model/hw/hw_tables.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

constexpr unsigned handles_max = 64;  // of one task

}  // namespace

// Of its task alone, or written before a program passes the number on.
__attribute__((noinline, no_sanitize("thread"))) u64 hw_handle_of(void* object) {
  if (object == nullptr) return 0;
  hw_world& hw = *this_world().hw;
  const task_id self = current_task();
  if (hw.handles[self] == nullptr)
    hw.handles[self] = static_cast<void**>(scratch(handles_max * sizeof(void*)));
  unsigned& n = hw.handle_count[self];
  if (n == handles_max) cut("hw_handles");
  hw.handles[self][n++] = object;
  return u64{self} * handles_max + n;
}

__attribute__((noinline, no_sanitize("thread"))) void* hw_by_handle(u64 handle) {
  if (handle == 0) return nullptr;
  const hw_world& hw = *this_world().hw;
  void** const of_task = hw.handles[(handle - 1) / handles_max];
  return of_task == nullptr ? nullptr : of_task[(handle - 1) % handles_max];
}

}  // namespace iorace::kern

namespace iorace::kern::hw_tables {

void make(world& w) {
  w.hw = ::new (scratch(sizeof(hw_world))) hw_world{};
  w.hw->ghost = ::new (scratch(sizeof(hw_ghosts))) hw_ghosts{};
}

void finish(world& w) {
  hw_ghosts& all = *w.hw->ghost;
  for (dma_mapping* mapping : all.mappings)
    if (mapping->mapped.peek() != 0) mapping_unmap(mapping);
  for (hw_endpoint* dev : all.endpoints) endpoint_release_by_driver(dev);
  for (paging_owner* owner : all.owners) {
    for (u64 pfn = 0; pfn < iova_pages_max; ++pfn)
      if (owner->counts[pfn].peek() != 0)
        owner_unmap(owner, pfn * PAGE_SIZE, owner->counts[pfn].peek() * PAGE_SIZE);
    owner_free(owner);
  }
  for (dma_mapping* mapping : all.mappings) mapping_end(mapping);
}

}  // namespace iorace::kern::hw_tables
