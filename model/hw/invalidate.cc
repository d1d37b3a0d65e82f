// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/dmar.c, drivers/iommu/amd/iommu.c @ 6.12.117.
#include "model/hw/invalidate.h"

#include <new>

#include "model/critical_section.h"
#include "model/hw/contracts.h"
#include "model/hw/hw_execute.h"
#include "model/hw/time_out.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum completion_wait_site { before_number, before_queue, after_queue };
constexpr cs_row completion_wait_rows[] = {
    {lock_kind::spin, on(before_number), on(after_queue)},  // SEQUENCE_UNDER_LOCK
    {lock_kind::spin, on(before_queue), on(after_queue)},   // SEQUENCE_ATOMIC
};

u64 next_number(hw_iommu* iommu) { return static_cast<u64>(atomic_inc_return(&iommu->submitted)); }

}  // namespace

inv_batch* make_batch(hw_iommu* iommu) {
  void* const memory =
      allocate_object(*class_of<inv_batch>(), sizeof(inv_batch), gfp::atomic, false);
  auto* const desc = static_cast<inv_desc*>(scratch(inv_batch_max * sizeof(inv_desc)));
  return ::new (memory) inv_batch{{.queued = {}, .execute = hw_execute}, iommu, {}, desc, {}};
}

void add_to_batch(inv_batch* batch, const inv_desc& desc) {
  const u64 n = batch->count.peek();
  if (n == inv_batch_max) cut("inv_batch");
  batch->desc[n] = desc;
  batch->count.poke(n + 1);
}

void ring(hw_iommu* iommu, inv_batch* batch) {
  CONTRACT(commands_queued, iommu, batch->count.peek());
  device_submit(&iommu->queue, &batch->command);
}

void qi_submit_sync(hw_iommu* iommu, inv_batch* batch) {
  KFUNC();
  if (waits_time_out(iommu)) return qi_submit_until_done(iommu, batch);
  spin_lock(&iommu->q_lock);
  const u64 number = next_number(iommu);
  add_to_batch(batch, {.type = inv_type::wait, .number = number});
  ring(iommu, batch);
  const u64 queued = CONTRACT(commands_so_far, iommu);
  spin_unlock(&iommu->q_lock);
  if (!omit(knob::qi_submit_wait, WAIT_NONE)) device_poll(&iommu->status, number);
  CONTRACT(wait_returned, iommu, queued);
}

// Requires: q_lock.
static void __iommu_queue_command_sync(hw_iommu* iommu, const inv_desc& desc, bool sync) {
  inv_batch* const batch = make_batch(iommu);
  add_to_batch(batch, desc);
  ring(iommu, batch);
  WRITE_ONCE(iommu->need_sync, u64{sync});
}

void iommu_queue_command(hw_iommu* iommu, const inv_desc& desc) {
  KFUNC();
  spin_lock(&iommu->q_lock);
  __iommu_queue_command_sync(iommu, desc, true);
  spin_unlock(&iommu->q_lock);
}

void iommu_completion_wait(hw_iommu* iommu) {
  KFUNC();
  critical_section cs(completion_wait_rows[chosen(knob::completion_wait_sequence)],
                      {.spinning = &iommu->q_lock});
  const u64 queued = CONTRACT(commands_so_far, iommu);
  cs.at(before_number);
  if (READ_ONCE(iommu->need_sync) == 0) {
    PROBE(completion_wait_shared);
    const u64 last = static_cast<u64>(atomic_read(&iommu->submitted));
    cs.at(after_queue);
    if (!omit(knob::completion_wait_shared, SHARED_NOT_AWAITED)) device_poll(&iommu->status, last);
  } else {
    const u64 number = next_number(iommu);
    cs.at(before_queue);
    __iommu_queue_command_sync(iommu, {.type = inv_type::wait, .number = number}, false);
    cs.at(after_queue);
    device_poll(&iommu->status, number);
  }
  CONTRACT(wait_returned, iommu, queued);
}

void invalidate_and_wait(hw_iommu* iommu, inv_batch* batch) {
  if (!is_amd(iommu)) return qi_submit_sync(iommu, batch);
  for (u64 i = 0; i < batch->count.peek(); ++i) iommu_queue_command(iommu, batch->desc[i]);
  iommu_completion_wait(iommu);
}

}  // namespace iorace::kern
