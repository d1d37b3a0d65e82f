// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/{iommu,pasid}.[ch] @ 6.12.117.
#include "model/hw/context.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

hw_iommu* hw_iommu_make(u64 kind) {
  auto* const iommu = make<hw_iommu>();
  spin_lock_init(&iommu->lock);
  iommu->kind.poke(kind);
  iommu->domain_ids.poke(1);  // 0 is the mark of none
  return iommu;
}

hw_endpoint* hw_endpoint_make(hw_iommu* iommu, unsigned rid) {
  auto* const dev = make<hw_endpoint>();
  mutex_init(&dev->lock);
  dev->iommu.poke(iommu);
  dev->rid.poke(rid);
  for (shared<context_entry*>& entry : iommu->entries[rid])
    if (entry.peek() == nullptr) entry.poke(make<context_entry>());
  return dev;
}

context_entry* entry_of(const hw_endpoint* dev, unsigned pasid) {
  return dev->iommu.peek()->entries[dev->rid.peek()][pasid].peek();
}

bool context_present(const context_entry* entry) {
  return (READ_ONCE(entry->word) & ENTRY_PRESENT) != 0;
}

void context_set(context_entry* entry, unsigned did, io_table* root) {
  KFUNC();
  WRITE_ONCE(entry->root, root);
  CONTRACT(entry_made, entry, did, root);
  WRITE_ONCE(entry->word, entry_word(did));
  CONTRACT(entry_written, entry);
}

void context_clear_present(context_entry* entry) {
  KFUNC();
  const u64 word = READ_ONCE(entry->word);
  WRITE_ONCE(entry->word, word & ~ENTRY_PRESENT);
}

void context_clear_entry(context_entry* entry) {
  KFUNC();
  WRITE_ONCE(entry->word, u64{0});
  WRITE_ONCE(entry->root, nullptr);
}

}  // namespace iorace::kern
