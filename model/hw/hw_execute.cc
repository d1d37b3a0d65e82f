// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Finding the entries that have to go is no operation: nobody changes them meanwhile.
#include "model/hw/hw_execute.h"

#include "model/hw/contracts.h"
#include "model/hw/time_out.h"
#include "model/hw/tlb.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Until what holds it for reading has ended. Nothing has begun where the setup or the end of an
// execution invalidates, which may be in atomic context.
void stop(rw_semaphore* under_way) {
  if (current_task() != 0) down_write(under_way);
}
void go_on(rw_semaphore* under_way) {
  if (current_task() != 0) up_write(under_way);
}

void drop_entry(shared<cached_entry*>& cached) {
  if (cached.peek() != nullptr) WRITE_ONCE(cached, nullptr);
}

void drop_iotlb(hw_iommu* iommu, const inv_desc& d) {
  tlb_drop(iommu->iotlb[d.did], d.pfn, d.pages);
  if (!d.leaf_only) tlb_drop(iommu->paging_cache[d.did], d.pfn, d.pages);
}

void execute_one(hw_iommu* iommu, const inv_desc& d) {
  switch (d.type) {
    case inv_type::entry:
      stop(&iommu->walks);
      drop_entry(iommu->entry_cache[d.rid][d.pasid]);
      go_on(&iommu->walks);
      break;
    case inv_type::iotlb:
      stop(&iommu->walks);
      drop_iotlb(iommu, d);
      go_on(&iommu->walks);
      break;
    case inv_type::devtlb:
      stop(&d.dev->inflight);
      tlb_drop(d.dev->devtlb[d.pasid], d.pfn, d.pages);
      go_on(&d.dev->inflight);
      CONTRACT(devtlb_invalidated, d.dev);
      break;
    case inv_type::wait:
      CONTRACT(wait_executed, iommu, d.number);
      device_status_set(&iommu->status, d.number);
      break;
    case inv_type::page_request:
      d.execute(d);
      break;
  }
}

}  // namespace

void hw_execute(device_command* command) {
  KFUNC();
  auto* const batch = reinterpret_cast<inv_batch*>(command);
  hw_endpoint* silent = nullptr;
  for (u64 i = 0; i < batch->count.peek(); ++i) {
    const inv_desc& d = batch->desc[i];
    const bool wait = d.type == inv_type::wait;
    if (wait) CONTRACT(command_executed, batch->iommu);
    if (wait && waits_time_out(batch->iommu))
      end_batch(batch, silent);
    else if (is_unanswered(d))
      silent = d.dev;
    else
      execute_one(batch->iommu, d);
    if (!wait) CONTRACT(command_executed, batch->iommu);
  }
}

}  // namespace iorace::kern
