// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   request-unanswered     I5.1  when a drain returns, of its PASID; when a driver has unbound, of
//   its
//                                PASID; at the end, of all
//   request-left-behind    I5.2  when a drain returns, in the queue of the IOMMU; when a group is
//                                complete, on the list of those that wait for it; when an overflow
//                                has been dealt with, on any such list
//   group-mixed            I5.5  when a group is complete
//   response-pasid-wrong   I5.8  when a response arrives
//   request-answered-twice I5.9  when a response arrives
//   queue-not-empty        I5.10 when the queue is freed
//   wrong-address-space    I5.2  when a request is handled in the memory of a process
// I5.3, one owner frees a group, and I5.4, nothing is used after that, are the heap's verdicts;
// I5.6, a detach ends, is the scheduler's; I5.7, lists are touched under fault_param->lock, is the
// race detector's.
#include "model/iopf/contracts.h"

#include "model/iopf/ghosts.h"
#include "model/iopf/iopf_world.h"
#include "model/iopf/judge.h"
#include "model/world.h"

namespace iorace::kern::contract {

using namespace iopf;

void judge_ring(const pri_device* dev, unsigned pasid) {
  const pri_iommu* const iommu = dev->iommu.peek();
  for (u64 at = iommu->head.peek(); at != iommu->tail.peek(); at = next_slot(at)) {
    const page_request waiting = to_request(iommu->ring[at].peek());
    if (waiting.rid == dev->rid.peek() && waiting.pasid == pasid)
      convict_here("request-left-behind", "a request of the PASID is still in the queue");
  }
}

namespace {

ghost_set<ghost_request>& requests() { return this_world().iopf->ghost.requests; }

// Null: of a request that a test has made up. A response may have lost the PASID.
ghost_request* known(const page_request& request) {
  for (ghost_request& r : requests())
    if ((r.word | REQUEST_PASID) == (to_word(request) | REQUEST_PASID)) return &r;
  return nullptr;
}

const user_mm_struct* bound_mm(const pri_device* dev, unsigned pasid) {
  const auto* const handle =
      static_cast<const iommu_attach_handle*>(xa_peek(&dev->group.peek()->pasid_array, pasid));
  if (handle == nullptr || !is_live(handle)) return nullptr;
  const iopf_domain* const domain = handle->domain.peek();
  return domain->handler.peek() == HANDLER_SVA ? domain->mm.peek() : nullptr;
}

void judge_answers(const pri_device* dev, unsigned pasid) {
  for (const ghost_request& r : requests()) {
    const page_request request = to_request(r.word);
    if (r.dev == dev && request.pasid == pasid && r.accepted && !r.answered &&
        wants_answer(request))
      convict_here("request-unanswered", "a request of the PASID has not been answered");
  }
}

bool is_same_group(const page_request& a, const page_request& b) {
  return a.rid == b.rid && a.pasid == b.pasid && a.grpid == b.grpid;
}

template <class See>
void each_fault(const list_head* head, See see) {
  for (const list_head* at = list_peek_next(head); at != head; at = list_peek_next(at))
    see(to_request(list_entry(const_cast<list_head*>(at), iopf_fault, list)->prm.peek()));
}
// As far as they live: who walks on meets the freed one, and is convicted of that.
template <class See>
void each_device(const iopf_queue* queue, See see) {
  const list_head* at = list_peek_next(&queue->devices);
  for (; at != &queue->devices; at = list_peek_next(at)) {
    const auto* const device =
        list_entry(const_cast<list_head*>(at), iommu_fault_param, queue_list);
    if (!is_live(device)) return;
    see(device);
  }
}

}  // namespace

void request_sent(const pri_device* dev, const page_request& request) {
  const peek_scope looking;
  requests().add({.word = to_word(request),
                  .dev = dev,
                  .mm = bound_mm(dev, request.pasid),
                  .accepted = false,
                  .answered = false});
}

void request_accepted(const page_request& request) {
  const peek_scope looking;
  if (ghost_request* const r = known(request)) r->accepted = true;
}

void response_arrived(const pri_device* dev, const page_request& request) {
  const peek_scope looking;
  const bool no_pasid = (dev->flags.peek() & PRI_NO_PASID_IN_RESPONSE) != 0;
  if (no_pasid && (request.flags & REQUEST_PASID) != 0)
    convict_here("response-pasid-wrong", "the device does not expect a PASID in responses");
  ghost_request* const r = known(request);
  if (r == nullptr) return;
  if (r->answered) convict_here("request-answered-twice", "a group is answered again");
  r->answered = true;
}

void group_made(const iopf_group* group, const iommu_fault_param* fault_param) {
  const peek_scope looking;
  const page_request last = to_request(group->last_fault.prm.peek());
  each_fault(&group->faults, [&](const page_request& fault) {
    if (!is_same_group(fault, last))
      convict_here("group-mixed", "a group has requests of two groups");
  });
  each_fault(&fault_param->partial, [&](const page_request& partial) {
    if (is_same_group(partial, last))
      convict_here("request-left-behind", "a request waits for a last one that has come");
  });
}

void overflow_cleared(const pri_iommu* iommu) {
  const peek_scope looking;
  each_device(iommu->iopf_queue.peek(), [](const iommu_fault_param* fault_param) {
    if (!list_peek_empty(&fault_param->partial))
      convict_here("request-left-behind", "a request waits for a last one that may be lost");
  });
}

void iopf_handled(const page_request& request, const user_mm_struct* mm) {
  const peek_scope looking;
  const ghost_request* const r = known(request);
  if (r != nullptr && r->mm != nullptr && r->mm != mm)
    convict_here("wrong-address-space", "the request was for the memory of another process");
}

void drained(const pri_device* dev, unsigned pasid) {
  const peek_scope looking;
  judge_ring(dev, pasid);
  if (bound_mm(dev, pasid) != nullptr) judge_answers(dev, pasid);
}

void unbound(const pri_device* dev, unsigned pasid) {
  const peek_scope looking;
  if (dev->users.peek() != 0) judge_answers(dev, pasid);
}

void iopf_queue_freed(const iopf_queue* queue) {
  const peek_scope looking;
  each_device(queue, [](const iommu_fault_param* fault_param) {
    if (!list_peek_empty(&fault_param->partial) || !list_peek_empty(&fault_param->faults))
      convict_here("queue-not-empty", "a device has requests that nobody has answered");
  });
}

void all_answered() {
  const peek_scope looking;
  for (const ghost_request& r : requests())
    if (r.accepted && !r.answered && wants_answer(to_request(r.word)))
      convict_here("request-unanswered", "a request was never answered");
}

}  // namespace iorace::kern::contract
