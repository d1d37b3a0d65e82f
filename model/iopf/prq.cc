// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The thread of the page request interrupt, and the drain that waits for it.
// Kernel: drivers/iommu/intel/prq.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/hw/context.h"
#include "model/hw/invalidate.h"
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/iopf/prq_drain.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

enum prq_site { before_find, after_find, after_report };
constexpr cs_row prq_lookup_rows[] = {
    {lock_kind::mutex, on(before_find), on(after_report)},  // LOOKUP_TO_REPORT
    {lock_kind::mutex, on(before_find), on(after_find)},    // LOOKUP_ALONE
};

bool is_bad(const pri_iommu* iommu, const page_request& request) {
  const auto has = [&request](unsigned flags) { return (request.flags & flags) != 0; };
  return (!has(REQUEST_PASID) && iommu->kind.peek() == PRI_VTD) ||
         request.page == PAGE_NOT_CANONICAL ||
         (has(REQUEST_PRIVILEGED) && has(REQUEST_READ | REQUEST_WRITE)) ||
         (has(REQUEST_EXEC) && has(REQUEST_READ));
}

// An error means that the device is not known; everything else is the report's, or until 6.10 its
// caller's.
int report(pri_iommu* iommu, const page_request& request) {
  critical_section cs(prq_lookup_rows[chosen(knob::prq_lookup_lock)],
                      {.sleeping = &iommu->iopf_lock});
  cs.at(before_find);
  pri_device* const dev = iommu->devices[request.rid];
  cs.at(after_find);
  const int rc = dev != nullptr ? iommu_report_device_fault(dev, request) : 0;
  if (rc != 0 && !era().answers_itself) handle_bad_prq_event(iommu, request);
  cs.at(after_report);
  return dev == nullptr ? -ENODEV : 0;
}

void handle_one(pri_iommu* iommu, const page_request& request) {
  if (!is_bad(iommu, request)) {
    if (is_stop_marker(request) || report(iommu, request) == 0) return;
  }
  PROBE(prq_entry_bad);
  handle_bad_prq_event(iommu, request);
}

// The queue takes requests again once it is empty.
void clear_overflow(pri_iommu* iommu) {
  KFUNC();
  const u64 head = READ_ONCE(iommu->head);
  if (READ_ONCE(iommu->tail) != head) return;
  if (!omit(knob::prq_overflow_partial, OVERFLOW_KEEPS))
    iopf_queue_discard_partial(iommu->iopf_queue.peek());
  CONTRACT(overflow_cleared, iommu);
  WRITE_ONCE(iommu->overflowed, u64{0});
}

// Which partial requests a drain takes away.
enum class sweep : u8 { none, of_pasid, until_another };
constexpr sweep sweep_rows[] = {
    sweep::none,           // DRAIN_LEAVES
    sweep::of_pasid,       // DRAIN_SKIPS
    sweep::until_another,  // DRAIN_BREAKS
};

void sweep_partial(pri_device* dev, unsigned pasid) {
  const sweep how = sweep_rows[chosen(knob::drain_prq_partial)];
  if (how == sweep::none) return;
  KFUNC();
  iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
  if (fault_param == nullptr) return;
  lock_lists(fault_param);
  iopf_fault* iopf = nullptr;
  iopf_fault* next = nullptr;
  list_for_each_entry_safe(iopf, next, &fault_param->partial, list) {
    const page_request partial = to_request(iopf->prm);
    if (partial.pasid == pasid) {
      list_del(&iopf->list);
      kfree(iopf);
    } else if (how == sweep::until_another) {
      break;
    }
  }
  unlock_lists(fault_param);
  iopf_put_dev_fault_param(fault_param, dev);
}

}  // namespace

void prq_event_thread(work_struct* work) {
  KFUNC();
  pri_iommu* const iommu = container_of(work, pri_iommu, thread);
  WRITE_ONCE(iommu->pending, u64{0});
  const u64 tail = READ_ONCE(iommu->tail);
  for (u64 head = READ_ONCE(iommu->head); head != tail; head = next_slot(head))
    handle_one(iommu, to_request(READ_ONCE(iommu->ring[head])));
  smp_store_release(iommu->head, tail);
  if (READ_ONCE(iommu->overflowed) != 0) clear_overflow(iommu);
  if (!completion_done(&iommu->prq_complete)) complete(&iommu->prq_complete);
}

void submit_alone(pri_device* dev, const inv_desc& command) {
  hw_iommu* const hw = dev->iommu.peek()->hw.peek();
  inv_batch* const batch = make_batch(hw);
  add_to_batch(batch, command);
  qi_submit_sync(hw, batch);
}

void submit_drain(pri_device* dev, unsigned pasid) {
  submit_alone(dev, {.type = inv_type::page_request,
                     .pasid = pasid,
                     .execute = device_is_drained,
                     .requester = dev});
}

void intel_iommu_drain_pasid_prq(pri_device* dev, unsigned pasid) {
  KFUNC();
  if (!pri_is_enabled(dev)) return;
  pri_iommu* const iommu = dev->iommu.peek();
  critical_section cs = drain_section(iommu);
  cs.at(drain_begins);
  reinit_completion(&iommu->prq_complete);
  wait_for_entries(iommu, [pasid](const page_request& request) {
    return (request.flags & REQUEST_PASID) != 0 && request.pasid == pasid;
  });
  iopf_queue_flush_dev(dev, pasid);
  sweep_partial(dev, pasid);
  reinit_completion(&iommu->prq_complete);
  submit_drain(dev, pasid);
  while (READ_ONCE(iommu->overflowed) != 0) {
    PROBE(drain_again);
    wait_for_completion(&iommu->prq_complete);
    reinit_completion(&iommu->prq_complete);
    submit_drain(dev, pasid);
  }
  cs.at(drain_ends);
  CONTRACT(drained, dev, pasid);
}

pri_iommu* pri_iommu_make(u64 kind) {
  workqueue_struct* const irq = alloc_ordered_workqueue("irq/prq", 0);
  if (irq == nullptr) return nullptr;
  iopf_queue* const queue = iopf_queue_alloc();
  if (queue == nullptr) {
    destroy_workqueue(irq);
    return nullptr;
  }
  auto* const iommu = make<pri_iommu>();
  spin_lock_init(&iommu->receive);
  mutex_init(&iommu->iopf_lock);
  mutex_init(&iommu->pasid_mutex);
  mutex_init(&iommu->drains);
  init_completion(&iommu->prq_complete);
  iommu->kind.poke(kind);
  iommu->hw.poke(hw_iommu_make(IOMMU_VTD));
  iommu->irq.poke(irq);
  INIT_WORK(&iommu->thread, prq_event_thread);
  iommu->iopf_queue.poke(queue);
  return iommu;
}

void prq_finish(pri_iommu* iommu) {
  KFUNC();
  destroy_workqueue(iommu->irq.peek());
  iopf_queue_free(iommu->iopf_queue.peek());
}

}  // namespace iorace::kern::iopf
