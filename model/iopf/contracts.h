// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The moments at which the chapter's invariants may be judged; see contracts.cc.
#pragma once

#include "model/iommufd/contracts.h"
#include "model/iopf/fault.h"

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
// A driver has unbound the last of its bonds with that PASID: from now on it may disable page
// requests. One that has done so before has broken the rule already.
void unbound(const iopf::pri_device* dev, unsigned pasid);
void iopf_queue_freed(const iopf::iopf_queue* queue);
// No request without a PASID can be on its way to a handler.
void rid_drained(const iopf::pri_device* dev);
// What was requested is about to be nobody's: the handle is freed next.
void fault_detached(const iopf::pri_device* dev, const iopf::iommufd_hw_pagetable* hwpt,
                    const iopf::iommufd_attach_handle* handle);
void fault_replaced(const iopf::iommufd_hw_pagetable* old,
                    const iopf::iommufd_attach_handle* handle);
// A report uses the handle that it has found; no more, once others can find the group, or none.
void handle_found(const iopf::iommu_attach_handle* handle);
void handle_left();
// Who holds the mutex is about to copy from or to a user; about to drop it. Somebody who must not
// wait for a user wants what the mutex keeps, and has to wait; has it.
void copy_begins(const iopf::iommufd_fault* fault);
void copies_end(const iopf::iommufd_fault* fault);
void deliver_wanted(const iopf::iommufd_fault* fault);
void deliver_taken(const iopf::iommufd_fault* fault);
// A read returns so many messages. A write has found the group that it answers.
void fault_was_read(const iopf::fault_message* messages, u64 count);
void fault_answered(u64 meant, const iopf::iopf_group* group);
// The end of an execution.
void all_answered();

}  // namespace iorace::kern::contract
