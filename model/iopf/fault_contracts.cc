// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The invariants of fault objects, each at the moments at which sound code keeps it.
//   request-left-behind I5.2  before the handle is freed, on the list or among the responses; when
//                             a requester id has been drained, in the queue of the IOMMU
//   request-unanswered  I5.1  before the handle is freed, of a device whose requester id is drained
//   interrupt-stalled   I5.11 when a copy begins under the mutex, or somebody who must not wait for
//                             users waits for it
//   group-torn          I5.12 when a read returns
//   answer-misplaced    I5.13 when a write has found its group
//   device-misnamed     I5.14 when a read returns
#include "model/iopf/contracts.h"
#include "model/iopf/iopf_world.h"
#include "model/iopf/judge.h"
#include "model/world.h"

namespace iorace::kern::contract {

using namespace iopf;

namespace {

iopf_ghosts& ghost() { return this_world().iopf->ghost; }

void judge_group(const iopf_group* group, const iommu_attach_handle* handle) {
  if (group->attach_handle.peek() == handle)
    convict_here("request-left-behind", "a group has a handle that is about to be freed");
}

void judge_fault(const iommufd_fault* fault, const iommufd_attach_handle* handle) {
  const list_head* at = list_peek_next(&fault->deliver);
  for (; at != &fault->deliver; at = list_peek_next(at))
    judge_group(list_entry(const_cast<list_head*>(at), iopf_group, node), &handle->handle);
  xa_peek_each(
      &fault->response,
      [](unsigned long, void* group, void* its) {
        judge_group(static_cast<iopf_group*>(group), static_cast<iommu_attach_handle*>(its));
      },
      const_cast<iommu_attach_handle*>(&handle->handle));
}

using faults = machine_parts<const iommufd_fault*>;
bool has(faults& set, const iommufd_fault* fault) {
  for (const iommufd_fault* f : set)
    if (f == fault) return true;
  return false;
}
void drop(faults& set, const iommufd_fault* fault) {
  for (const iommufd_fault*& f : set)
    if (f == fault) return set.remove(f);
}

// In whichever order they have come: the copy may as well have begun first.
void judge_stall(const iommufd_fault* fault) {
  if (has(ghost().copying, fault) && has(ghost().wanted, fault))
    convict_here("interrupt-stalled", "a copy to a user, who may take for ever, is waited for");
}

}  // namespace

void rid_drained(const pri_device* dev) {
  const peek_scope looking;
  judge_ring(dev, IOMMU_NO_PASID);
}

// A device that cannot be drained may be answered later; what is known of its requests is not.
void fault_detached(const pri_device* dev, const iommufd_hw_pagetable* hwpt,
                    const iommufd_attach_handle* handle) {
  const peek_scope looking;
  for (const ghost_request& r : ghost().requests) {
    const page_request request = to_request(r.word);
    if (r.dev == dev && !is_mock_dev(dev) && (request.flags & REQUEST_PASID) == 0 && r.accepted &&
        !r.answered && wants_answer(request))
      convict_here("request-unanswered", "a request of the device has not been answered");
  }
  judge_fault(hwpt->fault.peek(), handle);
}

// Whatever a report that is late meets, it is late: one title for all of it. A report of the
// selftest is late by what its caller has left out, and is told from what it meets.
void fault_replaced(const iommufd_hw_pagetable* old, const iommufd_attach_handle* handle) {
  const peek_scope looking;
  const bool drained = !is_mock_dev(handle->idev.peek()->dev.peek());
  for (const iommu_attach_handle* found : ghost().found)
    if (drained && found == &handle->handle)
      convict_here("request-left-behind", "a report has a handle that is about to be freed");
  judge_fault(old->fault.peek(), handle);
}

void handle_found(const iommu_attach_handle* handle) {
  const peek_scope looking;
  ghost().found[current_task()] = handle;
}

void handle_left() {
  const peek_scope looking;
  ghost().found[current_task()] = nullptr;
}

void copy_begins(const iommufd_fault* fault) {
  const peek_scope looking;
  if (!has(ghost().copying, fault)) ghost().copying.add(fault);
  judge_stall(fault);
}

void copies_end(const iommufd_fault* fault) {
  const peek_scope looking;
  drop(ghost().copying, fault);
}

void deliver_wanted(const iommufd_fault* fault) {
  const peek_scope looking;
  ghost().wanted.add(fault);
  judge_stall(fault);
}

void deliver_taken(const iommufd_fault* fault) {
  const peek_scope looking;
  drop(ghost().wanted, fault);
}

void fault_was_read(const fault_message* messages, u64 count) {
  const peek_scope looking;
  if (count != 0 && !is_last(to_request(messages[count - 1].prm)))
    convict_here("group-torn", "a read returns a part of a group");
  for (u64 i = 0; i < count; ++i)
    if (messages[i].dev_id != to_request(messages[i].prm).rid)
      convict_here("device-misnamed", "a message names a device that has not requested the page");
}

void fault_answered(u64 meant, const iopf_group* group) {
  const peek_scope looking;
  if (meant != 0 && group->last_fault.prm.peek() != meant)
    convict_here("answer-misplaced", "a user has answered another group than he was shown");
}

}  // namespace iorace::kern::contract
