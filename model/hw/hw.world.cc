// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a machine without IOMMUs; what programs make comes on top. In
// the end memory is unmapped, devices are released and domains freed.
#include <new>

#include "model/hw/driver.h"
#include "model/hw/ghosts.h"
#include "model/hw/hw_tables.h"
#include "model/world.h"

namespace iorace::kern {

// Of its task alone, or written before a program passes the number on.
UNSEEN static handle_table* table_of(task_id task) { return this_world().hw->handles[task]; }
UNSEEN static void set_table_of(task_id task, handle_table* table) {
  this_world().hw->handles[task] = table;
}
UNSEEN static unsigned next_handle() {
  unsigned& n = this_world().hw->handle_count[current_task()];
  if (n == handles_max) cut("hw_handles");
  return n++;
}

u64 hw_handle_of(void* object) {
  if (object == nullptr) return 0;
  const task_id self = current_task();
  handle_table* table = table_of(self);
  if (table == nullptr) {
    table = make<handle_table>();
    set_table_of(self, table);
  }
  const unsigned n = next_handle();
  if (self == 0)
    table->object[n].poke(object);
  else
    smp_store_release(table->object[n], object);
  return u64{self} * handles_max + n + 1;
}

// What the setup made nobody has to wait for.
void* hw_by_handle(u64 handle) {
  if (handle == 0) return nullptr;
  const auto maker = static_cast<task_id>((handle - 1) / handles_max);
  const handle_table* const table = table_of(maker);
  if (table == nullptr) return nullptr;
  const shared<void*>& object = table->object[(handle - 1) % handles_max];
  return maker == 0 ? object.peek() : smp_load_acquire(object);
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
  for (paging_owner* owner : all.owners)
    for (u64 pfn = 0; pfn < iova_pages_max; ++pfn)
      if (owner->counts[pfn].peek() != 0)
        owner_unmap(owner, pfn * PAGE_SIZE, owner->counts[pfn].peek() * PAGE_SIZE);
  for (hw_endpoint* dev : all.endpoints) endpoint_release_by_driver(dev);
  for (paging_owner* owner : all.owners) owner_free(owner);
  for (dma_mapping* mapping : all.mappings) mapping_end(mapping);
}

}  // namespace iorace::kern::hw_tables
