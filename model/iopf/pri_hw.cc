// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that send page requests, and the IOMMU that puts them into its queue.
// Facts: VT-d specification 7.4 (page requests), 7.7 (overflow).
#include "model/hw/invalidate.h"
#include "model/iopf/contracts.h"
#include "model/iopf/pri_state.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// Groups are told apart by index, or by PASID and index.
bool by_pasid(const pri_device* dev) { return (dev->flags.peek() & PRI_PRG_PER_PASID) != 0; }
pri_place outstanding(pri_device* dev, const page_request& r) {
  return outstanding_of(dev, by_pasid(dev) ? r.pasid : IOMMU_NO_PASID, r.grpid);
}

// Requires: receive. Whether the index has begun a group of another PASID.
bool is_of_another(pri_device* dev, const page_request& r) {
  const u64 begun = peek(begun_of(dev, r.grpid));
  return !is_stop_marker(r) && begun != 0 && begun != u64{r.pasid} + 1;
}
// The group has one request more, or ends: a last one that is thrown away is answered, too.
// Requires: receive.
void goes_on(pri_device* dev, const page_request& r) {
  if (is_stop_marker(r) || by_pasid(dev)) return;
  poke(begun_of(dev, r.grpid), is_last(r) ? 0 : u64{r.pasid} + 1);
}
// Groups that are not complete are given up. Requires: nobody sends.
void give_up(pri_device* dev, unsigned pasid) {
  const auto forget = [pasid](const pri_place& begun) {
    if (peek(begun) == u64{pasid} + 1) poke(begun, 0);
  };
  for (unsigned grpid = 0; grpid < iopf_prgs; ++grpid) forget(begun_of(dev, grpid));
  each_wide(dev, pri_state::begun, forget);
}

// Requires: receive. Returns 0, or -EAGAIN: the request is thrown away.
int put_into_ring(pri_iommu* iommu, const page_request& request) {
  if (READ_ONCE(iommu->overflowed) != 0) return -EAGAIN;
  const u64 head = READ_ONCE(iommu->head);
  const u64 tail = iommu->tail.peek();  // its own
  if (next_slot(tail) == head) {
    PROBE(prq_overflowed);
    WRITE_ONCE(iommu->overflowed, u64{1});
    return -EAGAIN;
  }
  WRITE_ONCE(iommu->ring[tail], to_word(request));
  WRITE_ONCE(iommu->tail, next_slot(tail));
  CONTRACT(request_accepted, request);
  return 0;
}

// What is thrown away is answered at once, so that the device tries again. An interrupt comes with
// the first request that nobody has been told of.
int receive(pri_device* dev, const page_request& request) {
  pri_iommu* const iommu = dev->iommu.peek();
  spin_lock(&iommu->receive);
  const int rc = is_of_another(dev, request) ? -EBUSY : put_into_ring(iommu, request);
  if (rc == 0 || (rc == -EAGAIN && is_last(request))) goes_on(dev, request);
  const bool interrupt = rc != -EBUSY && xchg(iommu->pending, u64{1}) == 0;
  spin_unlock(&iommu->receive);
  if (interrupt) queue_work(iommu->irq.peek(), &iommu->thread);
  return rc;
}

bool is_blocked(pri_device* dev, const page_request& request) {
  if ((request.flags & REQUEST_PASID) != 0 || READ_ONCE(dev->rid_blocked) == 0) return false;
  PROBE(rid_refused);
  return true;
}

bool waits_for_answer(pri_device* dev) {
  for (unsigned grpid = 0; grpid < iopf_prgs; ++grpid)
    if (read_once(outstanding_of(dev, IOMMU_NO_PASID, grpid)) != 0) return true;
  bool waits = false;
  each_wide(dev, pri_state::outstanding, [&](const pri_place& index) {
    if (index.pasid == IOMMU_NO_PASID && read_once(index) != 0) waits = true;
  });
  return waits;
}

// What hardware waits for besides requests on their way: nothing, or answers of software.
struct drain_row {
  bool answers;
};
constexpr drain_row drain_rows[] = {
    {false},  // DRAIN_OF_REQUESTS
    {true},   // DRAIN_OF_ANSWERS
};

void set_answered(pri_device* dev, const pri_place& index) {
  write_once(index, 0);
  if (drain_rows[chosen(knob::rid_drain_waits)].answers) wake_up(&dev->answered);
}

int send_once(pri_device* dev, const page_request& request) {
  KFUNC();
  if (READ_ONCE(dev->pri) == 0 || read_once(stopped_of(dev, request.pasid)) != 0) return -EACCES;
  const bool wants_answer = is_last(request) && !is_stop_marker(request);
  const pri_place index = outstanding(dev, request);
  if (wants_answer && claim(index) != 0) return -EBUSY;
  CONTRACT(request_sent, dev, request);
  const bool refused = READ_ONCE(dev->accepted) == 0 || is_blocked(dev, request);
  const int rc = refused ? -EINVAL : receive(dev, request);
  if (rc != 0 && wants_answer) set_answered(dev, index);
  return rc;
}

}  // namespace

u64 next_slot(u64 slot) { return slot == limit_value(limit::prq_size) ? 0 : slot + 1; }

int page_request_send(pri_device* dev, page_request request) {
  KFUNC();
  int rc = -EAGAIN;
  for (u64 tries = limit_value(limit::page_request_tries); tries > 0 && rc == -EAGAIN; --tries) {
    down_read(&dev->sending);
    rc = send_once(dev, request);
    up_read(&dev->sending);
    if (rc == -EAGAIN) PROBE(prq_retried);
  }
  return rc;
}

// A response has reached the device, which takes it by index, and by PASID if it wants one.
// Simplified: one that is not for the last request of a group is not sent to it.
void device_gets_response(const inv_desc& d) {
  KFUNC();
  const page_request request = to_request(d.pfn);
  if (!is_last(request)) return;
  CONTRACT(response_arrived, d.requester, request);
  set_answered(d.requester, outstanding(d.requester, request));
}

// A wait with page-request drain: what the device has sent before is in the queue.
void device_is_drained(const inv_desc& d) {
  KFUNC();
  if (current_task() == 0) return;
  down_write(&d.requester->sending);
  up_write(&d.requester->sending);
  if (d.pasid != IOMMU_NO_PASID || !drain_rows[chosen(knob::rid_drain_waits)].answers) return;
  wait_event(d.requester->answered, [&d] { return !waits_for_answer(d.requester); });
}

void pri_stop_pasid(pri_device* dev, unsigned pasid) {
  KFUNC();
  write_once(stopped_of(dev, pasid), 1);
  if (current_task() == 0) return give_up(dev, pasid);
  down_write(&dev->sending);
  give_up(dev, pasid);
  up_write(&dev->sending);
}

void pri_use_pasid(pri_device* dev, unsigned pasid) { write_once(stopped_of(dev, pasid), 0); }

}  // namespace iorace::kern::iopf
