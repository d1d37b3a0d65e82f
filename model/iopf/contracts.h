// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The moments at which the chapter's invariants may be judged; see contracts.cc.
#pragma once

#include "model/iommufd/contracts.h"
#include "model/iopf/iopf.h"

namespace iorace::kern::contract {

// A device is about to send a request; the IOMMU has put it into its queue; a response arrives.
void request_sent(const iopf::pri_device* dev, const iopf::page_request& request);
void request_accepted(const iopf::page_request& request);
void response_arrived(const iopf::pri_device* dev, const iopf::page_request& request);
// A group is complete. Requires: the lock of the lists.
void group_made(const iopf::iopf_group* group, const iopf::iommu_fault_param* fault_param);
// The queue of an IOMMU is about to take requests again.
void overflow_cleared(const iopf::pri_iommu* iommu);
// A request is about to be handled in the memory of a process.
void iopf_handled(const iopf::page_request& request, const user_mm_struct* mm);
// A drain returns: the PASID may be given to somebody else.
void drained(const iopf::pri_device* dev, unsigned pasid);
void iopf_queue_freed(const iopf::iopf_queue* queue);
// The end of an execution.
void all_answered();

}  // namespace iorace::kern::contract
