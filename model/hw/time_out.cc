// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Simplified: one batch is under way at a time, so that a time-out aborts that one's wait only, and
// no slot of the ring is used again while somebody looks at it. Devices of AMD's always answer.
// Kernel: drivers/iommu/intel/dmar.c @ 6.12.117.
#include "model/hw/time_out.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

bool devices_time_out() { return limit_value(limit::device_timeouts) != 0; }

// Something has changed for those who poll.
void note_event(hw_iommu* iommu) {
  const auto events = static_cast<u64>(atomic_inc_return(&iommu->faults.events));
  device_status_set(&iommu->faults.seen, events);
}

// Clears the time-out, and tells whose wait will never be done. Returns the device.
hw_endpoint* abort_waits(hw_iommu* iommu) {
  KFUNC();
  fault_registers& regs = iommu->faults;
  inv_batch* const stopped = READ_ONCE(regs.head);
  hw_endpoint* const source = READ_ONCE(regs.source);
  WRITE_ONCE(regs.ite, u64{0});
  device_status_set(&regs.cleared, READ_ONCE(regs.errors));
  if (READ_ONCE(stopped->wait_status) == QI_IN_USE) WRITE_ONCE(stopped->wait_status, u64{QI_ABORT});
  return source;
}

// Requires: q_lock.
int qi_check_fault(hw_iommu* iommu, const inv_batch* batch) {
  KFUNC();
  if (READ_ONCE(batch->wait_status) == QI_ABORT) return -EAGAIN;
  if (READ_ONCE(iommu->faults.ite) == 0) return 0;
  const hw_endpoint* const source = abort_waits(iommu);
  if (omit(knob::qi_check_fault_absent, ABSENT_ENDS_ANY) && !device_is_present(source))
    return -ETIMEDOUT;
  return READ_ONCE(batch->wait_status) == QI_ABORT ? -EAGAIN : 0;
}

// Returns 0 when the commands have been done, -EAGAIN if their wait was aborted, or -ETIMEDOUT.
int submit_once(hw_iommu* iommu, inv_batch* batch) {
  KFUNC();
  spin_lock(&iommu->q_lock);
  WRITE_ONCE(batch->wait_status, u64{QI_IN_USE});
  add_to_batch(batch, {.type = inv_type::wait});
  ring(iommu, batch);
  const u64 queued = CONTRACT(commands_so_far, iommu);
  int rc = 0;
  while (!omit(knob::qi_submit_wait, WAIT_NONE)) {
    const auto events = static_cast<u64>(atomic_read(&iommu->faults.events));
    if (READ_ONCE(batch->wait_status) == QI_DONE) break;
    rc = qi_check_fault(iommu, batch);
    if (rc != 0) break;
    spin_unlock(&iommu->q_lock);
    device_poll(&iommu->faults.seen, events + 1);
    spin_lock(&iommu->q_lock);
  }
  WRITE_ONCE(batch->wait_status, u64{QI_FREE});
  spin_unlock(&iommu->q_lock);
  if (rc == 0) CONTRACT(wait_returned, iommu, queued);
  return rc;
}

// The same commands once more; the old ones may still lie in the queue.
inv_batch* again(hw_iommu* iommu, const inv_batch* batch) {
  PROBE(inv_restarted);
  inv_batch* const next = make_batch(iommu);
  const bool drop = !omit(knob::qi_check_fault_absent, ABSENT_ENDS_ANY);
  for (u64 i = 0; i + 1 < batch->count.peek(); ++i) {
    const inv_desc& d = batch->desc[i];
    const bool asks_device = drop && d.type == inv_type::devtlb;
    if (!asks_device || device_is_present(d.dev)) add_to_batch(next, d);
  }
  return next;
}

}  // namespace

void qi_submit_until_done(hw_iommu* iommu, inv_batch* batch) {
  KFUNC();
  while (submit_once(iommu, batch) == -EAGAIN) {
    if (omit(knob::qi_check_fault_aborted, ABORTED_GIVES_UP)) return;
    batch = again(iommu, batch);
  }
}

bool waits_time_out(const hw_iommu* iommu) { return devices_time_out() && !is_amd(iommu); }

bool is_unanswered(const inv_desc& d) {
  if (d.type != inv_type::devtlb || !waits_time_out(d.dev->iommu.peek())) return false;
  if (current_task() == 0) return false;  // the end of an execution is no part of the program
  return READ_ONCE(d.dev->gone) != 0 || cmpxchg(d.dev->late, u64{1}, u64{0}) != 0;
}

void end_batch(inv_batch* batch, hw_endpoint* silent) {
  KFUNC();
  hw_iommu* const iommu = batch->iommu;
  if (silent == nullptr) {
    WRITE_ONCE(batch->wait_status, u64{QI_DONE});
    return note_event(iommu);
  }
  PROBE(inv_timed_out);
  fault_registers& regs = iommu->faults;
  const u64 error = READ_ONCE(regs.errors) + 1;
  WRITE_ONCE(regs.errors, error);
  WRITE_ONCE(regs.head, batch);
  WRITE_ONCE(regs.source, silent);
  WRITE_ONCE(regs.ite, u64{1});
  note_event(iommu);
  device_poll(&regs.cleared, error);
}

bool device_is_present(const hw_endpoint* dev) {
  return !devices_time_out() || READ_ONCE(dev->gone) == 0;
}

int endpoint_is_unplugged(hw_endpoint* dev) {
  KFUNC();
  if (!devices_time_out()) return -EOPNOTSUPP;
  down_write(&dev->inflight);
  WRITE_ONCE(dev->gone, u64{1});
  up_write(&dev->inflight);
  return 0;
}

int endpoint_stalls(hw_endpoint* dev) {
  KFUNC();
  if (!devices_time_out()) return -EOPNOTSUPP;
  WRITE_ONCE(dev->late, u64{1});
  return 0;
}

}  // namespace iorace::kern
