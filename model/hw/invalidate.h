// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Invalidation: commands that a CPU queues, that hardware executes in order, and whose completion
// is waited for. The three are different moments.
// Simplified: the ring is never full, a wait stores its number instead of a status of its own. With
// the limit device_timeouts VT-d's waits have one, and devices may not answer; see time_out.h.
// Kernel: drivers/iommu/intel/dmar.c, drivers/iommu/amd/iommu.c @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

namespace iopf {
struct pri_device;
}

enum class inv_type : u8 { entry, iotlb, devtlb, wait, page_request };

struct inv_desc {
  inv_type type;
  unsigned rid = 0, pasid = 0, did = 0;
  u64 pfn = 0, pages = 0;
  bool leaf_only = false;      // IH: entries above the leaves have not changed
  hw_endpoint* dev = nullptr;  // type devtlb
  u64 number = 0;              // type wait
  // Type page_request, of the chapter of that name, which knows how to execute it.
  void (*execute)(const inv_desc&) = nullptr;
  iopf::pri_device* requester = nullptr;
  u64 response = 0;
};

inline constexpr unsigned inv_batch_max = 8;

// Lives as long as the execution, and is nobody else's until it has been queued.
struct inv_batch {
  device_command command;
  hw_iommu* const iommu;
  shared<u64> count;
  inv_desc* const desc;
  shared<u64> wait_status;  // qi_status, with the limit device_timeouts
};
IORACE_DESCRIBE(inv_batch, "commands", command, iommu, count, desc, wait_status);
inv_batch* make_batch(hw_iommu* iommu);
void add_to_batch(inv_batch* batch, const inv_desc& desc);
// The doorbell. Requires: q_lock.
void ring(hw_iommu* iommu, inv_batch* batch);

// VT-d: queues the commands and a wait, and waits for it. Requires: the batch is not empty.
void qi_submit_sync(hw_iommu* iommu, inv_batch* batch);

// AMD: queues one command / waits for all that have been queued before.
void iommu_queue_command(hw_iommu* iommu, const inv_desc& desc);
void iommu_completion_wait(hw_iommu* iommu);

// Whichever it is: queues the commands, and waits until all of it has been done.
void invalidate_and_wait(hw_iommu* iommu, inv_batch* batch);

}  // namespace iorace::kern
