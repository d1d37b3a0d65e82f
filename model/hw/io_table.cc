// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommu-pages.h @ 6.12.117.
#include "model/hw/io_table.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

io_table* iommu_alloc_table(u64 format, u64 level) {
  auto* const table = kzalloc<io_table>(gfp::atomic);
  if (table == nullptr) return nullptr;
  table->format.poke(format);
  table->level.poke(level);
  return table;
}

void iommu_free_table(io_table* table) {
  if (table == nullptr) return;
  kfree(table);
  CONTRACT(table_freed, table);
}

list_head* make_freelist() {
  auto* const freelist = make<table_list>();
  INIT_LIST_HEAD(&freelist->head);
  return &freelist->head;
}

void iommu_put_pages_list(list_head* freelist) {
  KFUNC();
  while (!list_empty(freelist)) {
    auto* const table = list_first_entry(freelist, io_table, lru);
    list_del(&table->lru);
    iommu_free_table(table);
  }
}

}  // namespace iorace::kern
