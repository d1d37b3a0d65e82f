// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of an IOMMU without hardware: the selftest's. Nothing has to be drained, because who
// reports a page fault is kept out while a domain comes or goes.
// Kernel: drivers/iommu/iommufd/selftest.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

struct trigger_row {
  bool fenced;
};
constexpr trigger_row trigger_rows[] = {
    {true},   // TRIGGER_FENCED
    {false},  // TRIGGER_FREE
};

}  // namespace

bool is_mock_dev(const pri_device* dev) { return (dev->flags.peek() & PRI_MOCK) != 0; }

int mock_dev_enable_feat(pri_device* dev) {
  KFUNC();
  return iopf_queue_add_device(dev->iommu.peek()->iopf_queue.peek(), dev);
}

int mock_dev_disable_feat(pri_device* dev) {
  KFUNC();
  return iopf_queue_remove_device(dev->iommu.peek()->iopf_queue.peek(), dev);
}

// Nobody is told.
void mock_domain_page_response(pri_device* dev, const page_request& last) {
  KFUNC();
  CONTRACT(response_arrived, dev, last);
}

int iommufd_test_trigger_iopf(pri_device* dev, const page_request& request) {
  KFUNC();
  if (!is_mock_dev(dev)) return -EINVAL;
  iommufd_device* const idev = dev->idev.peek();
  const bool fenced = trigger_rows[chosen(knob::trigger_iopf_lock)].fenced;
  if (fenced) down_read(&idev->iopf_rwsem);
  CONTRACT(request_sent, dev, request);
  CONTRACT(request_accepted, request);
  const int rc = iommu_report_device_fault(dev, request);
  if (rc != 0 && !era().answers_itself) mock_domain_page_response(dev, request);
  if (fenced) up_read(&idev->iopf_rwsem);
  return 0;
}

}  // namespace iorace::kern::iopf
