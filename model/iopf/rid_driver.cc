// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of an IOMMU that reports requests without a PASID: what it does where a requester id
// gets another domain, or none. No driver of 6.12.117 reports them; the order is that of
// drivers/iommu/intel/iommu.c, where a requester id is blocked before it is drained.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/iopf/prq_drain.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

struct block_row {
  bool drains;
};
constexpr block_row block_rows[] = {
    {true},   // BLOCK_DRAINS
    {false},  // BLOCK_ALONE
};

}  // namespace

// Once what was sent is in the queue, the thread of the interrupt comes to its end. Page requests
// may be off by now: what came before that is in the queue nevertheless.
void rid_drain(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  critical_section cs = drain_section(iommu);
  cs.at(drain_begins);
  reinit_completion(&iommu->prq_complete);
  submit_drain(dev, IOMMU_NO_PASID);
  wait_for_entries(iommu, [dev](const page_request& request) {
    return request.rid == dev->rid.peek() && (request.flags & REQUEST_PASID) == 0;
  });
  if (pri_is_enabled(dev)) iopf_queue_flush_dev(dev, IOMMU_NO_PASID);
  cs.at(drain_ends);
}

void rid_block(pri_device* dev) {
  KFUNC();
  if (is_mock_dev(dev)) return;
  WRITE_ONCE(dev->rid_blocked, u64{1});
  if (!block_rows[chosen(knob::rid_block_drain)].drains) return;
  rid_drain(dev);
  CONTRACT(rid_drained, dev);
}

void rid_set_domain(pri_device* dev) {
  KFUNC();
  if (is_mock_dev(dev)) return;
  rid_block(dev);
  WRITE_ONCE(dev->rid_blocked, u64{0});
}

}  // namespace iorace::kern::iopf
