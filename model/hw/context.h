// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Context and PASID entries, as drivers write them. An entry that hardware may look at is made
// present last, and is not present any more before anything else of it changes; what hardware has
// cached of it has to be invalidated in between.
// Kernel: drivers/iommu/intel/{iommu,pasid}.[ch] @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

hw_iommu* hw_iommu_make(u64 kind);
// Null where an alias has ATS: bridges that hide requester ids know nothing of it.
hw_endpoint* hw_endpoint_make(hw_iommu* iommu, unsigned rid, bool ats);

// With a requester id that the caller has taken.
hw_endpoint* hw_endpoint_with(hw_iommu* iommu, unsigned rid, bool ats);

context_entry* entry_of(const hw_endpoint* dev, unsigned pasid);
bool context_present(const context_entry* entry);
// Root first, then the domain id and the present bit in one word.
void context_set(context_entry* entry, unsigned did, io_table* root);
// Keeps the rest of the entry: hardware may be reading it.
void context_clear_present(context_entry* entry);
// Requires: hardware does not read it any more.
void context_clear_entry(context_entry* entry);
// Invalidates what is cached of an entry, and by its domain id. Blocks: until that is done.
void invalidate_entry(device_domain_info* info, unsigned pasid, unsigned did);
// Not present, then invalidated, then cleared.
void context_tear_down(device_domain_info* info, unsigned pasid);

}  // namespace iorace::kern
