// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   freed-page-reachable   H1   when a page is freed
//   table-freed-in-use     H4   when a table page is freed
//   root-freed-in-use      H5   when a tree is freed, and when an entry is made present
//   blocked-device-access  H7   when a device has translated
#include "model/hw/contracts.h"

#include "model/hw/ghosts.h"
#include "model/world.h"

namespace iorace::kern::contract {
namespace {

hw_ghosts& ghost() { return *this_world().hw->ghost; }

[[noreturn]] void convict_here(const char* name, const char* detail) {
  convict(name, {caller(0), current_task()}, {nullptr, no_task}, detail);
}

// Calls f(entry) for each entry that is present.
template <class F>
void each_present_entry(F f) {
  for (const hw_iommu* iommu : ghost().iommus)
    for (const auto& of_rid : iommu->entries)
      for (const shared<context_entry*>& pointer : of_rid)
        if (const context_entry* const entry = pointer.peek())
          if ((entry->word.peek() & ENTRY_PRESENT) != 0) f(*entry);
}

// True iff `wanted`, a table or a page, hangs below `table`.
bool is_below(const io_table* table, const void* wanted) {
  if (table == nullptr || !is_live(table)) return false;
  for (const shared<void*>& pte : table->pte) {
    const void* const below = pte.peek();
    if (below == wanted) return true;
    if (below != nullptr && table->level.peek() > 1 &&
        is_below(static_cast<const io_table*>(below), wanted))
      return true;
  }
  return false;
}

// An IOMMU cannot tell them apart.
bool is_alias(const hw_endpoint* a, const hw_endpoint* b) {
  return a->iommu.peek() == b->iommu.peek() && a->rid.peek() == b->rid.peek();
}

}  // namespace

void pte_written(io_table* table, unsigned index) {
  const peek_scope looking;
  table->stamp[index].poke(++ghost().stamps);
}

void table_freed(const io_table* table) {
  const peek_scope looking;
  each_present_entry([table](const context_entry& entry) {
    if (is_below(entry.root.peek(), table))
      convict_here("table-freed-in-use", "a tree that a device can walk still has the table");
  });
}

void tree_freed(const io_table* root) {
  const peek_scope looking;
  each_present_entry([root](const context_entry& entry) {
    if (entry.root.peek() == root)
      convict_here("root-freed-in-use", "the entry of a device still names the root");
  });
}

void entry_made(const context_entry* entry, unsigned did, const io_table* root) {
  const peek_scope looking;
  ghost().pairs.add({entry, did, root});
}

void entry_written(const context_entry* entry) {
  const peek_scope looking;
  if (!is_live(entry->root.peek()))
    convict_here("root-freed-in-use", "the entry names a root that has been freed");
}

void device_blocked(const hw_endpoint* dev) {
  const peek_scope looking;
  ghost().blocked.add(dev);
}

void device_attaching(const hw_endpoint* dev) {
  const peek_scope looking;
  for (unsigned i = 0; i < ghost().blocked.count;)
    if (is_alias(ghost().blocked.items[i], dev))
      ghost().blocked.remove(ghost().blocked.items[i]);
    else
      ++i;
}

void dma_reaches(const hw_endpoint* dev) {
  const peek_scope looking;
  for (const hw_endpoint* blocked : ghost().blocked)
    if (is_alias(blocked, dev))
      convict_here("blocked-device-access", "the device is blocked and reaches memory");
}

void page_freed(const dma_page* page) {
  const peek_scope looking;
  each_present_entry([page](const context_entry& entry) {
    if (is_below(entry.root.peek(), page))
      convict_here("freed-page-reachable", "a tree that a device can walk still maps the page");
  });
}

}  // namespace iorace::kern::contract
