// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/{iommu,pasid}.[ch] @ 6.12.117.
#include "model/hw/context.h"

#include "model/hw/contracts.h"
#include "model/hw/invalidate.h"
#include "model/hw/time_out.h"
#include "model/world.h"

namespace iorace::kern {

hw_iommu* hw_iommu_make(u64 kind) {
  auto* const iommu = make<hw_iommu>();
  spin_lock_init(&iommu->lock);
  spin_lock_init(&iommu->q_lock);
  init_rwsem(&iommu->walks);
  device_queue_init(&iommu->queue);
  device_status_init(&iommu->status);
  device_status_init(&iommu->faults.cleared);
  device_status_init(&iommu->faults.seen);
  iommu->kind.poke(kind);
  iommu->domain_ids.poke(1);  // 0 is the mark of none
  for (unsigned rid = 0; rid < rids_of(iommu); ++rid)
    for (shared<context_entry*>& entry : iommu->entries[rid]) entry.poke(make<context_entry>());
  return iommu;
}

hw_endpoint* hw_endpoint_make(hw_iommu* iommu, unsigned rid, bool ats) {
  const u64 used = cmpxchg(iommu->rid_use[rid], rid_free, ats ? rid_ats : rid_shared);
  if (used == rid_ats || (used == rid_shared && ats)) return nullptr;
  hw_endpoint* const dev = hw_endpoint_with(iommu, rid, ats);
  hw_endpoint* const first = ats ? nullptr : cmpxchg(iommu->firsts[rid], nullptr, dev);
  if (first != nullptr) dev->first.poke(first);
  return dev;
}

hw_endpoint* hw_endpoint_with(hw_iommu* iommu, unsigned rid, bool ats) {
  auto* const dev = make<hw_endpoint>();
  mutex_init(&dev->lock);
  init_rwsem(&dev->inflight);
  dev->ats_supported.poke(ats);
  dev->iommu.poke(iommu);
  dev->rid.poke(rid);
  dev->first.poke(dev);
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

// Simplified: the three invalidations are submitted together.
void invalidate_entry(device_domain_info* info, unsigned pasid, unsigned did) {
  KFUNC();
  hw_endpoint* const dev = info->dev;
  hw_iommu* const iommu = dev->iommu.peek();
  inv_batch* const batch = make_batch(iommu);
  const auto rid = static_cast<unsigned>(dev->rid.peek());
  add_to_batch(batch, {.type = inv_type::entry, .rid = rid, .pasid = pasid});
  add_to_batch(batch, {.type = inv_type::iotlb, .did = did, .pages = tlb_slots});
  if (info->ats_enabled != 0 && device_is_present(dev))
    add_to_batch(batch, {.type = inv_type::devtlb, .pasid = pasid, .pages = tlb_slots, .dev = dev});
  invalidate_and_wait(iommu, batch);
}

void context_tear_down(device_domain_info* info, unsigned pasid) {
  KFUNC();
  hw_endpoint* const dev = info->dev;
  hw_iommu* const iommu = dev->iommu.peek();
  spin_lock(&iommu->lock);
  context_entry* const entry = entry_of(dev, pasid);
  const unsigned did = entry_did(READ_ONCE(entry->word));
  context_clear_present(entry);
  spin_unlock(&iommu->lock);
  invalidate_entry(info, pasid, did);
  context_clear_entry(entry);
}

}  // namespace iorace::kern
