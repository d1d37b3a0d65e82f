// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of the IOMMU turns page requests of a device on and off.
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/iopf/response_pasid.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// A drain asks it of all devices of the group. One that is alone there needs no more than
// `features`.
enum enabled_site { before_enabled, after_enabled };
constexpr cs_row enabled_rows[] = {
    {lock_kind::none, on(), on()},                              // ENABLED_UNLOCKED
    {lock_kind::mutex, on(before_enabled), on(after_enabled)},  // ENABLED_GROUP_MUTEX
};
critical_section enabled_section(pri_device* dev) {
  pri_group* const group = dev->group.peek();
  const bool several = group->several.peek() != 0;
  return {several ? enabled_rows[chosen(knob::pri_enabled_lock)] : enabled_rows[ENABLED_UNLOCKED],
          {.sleeping = &group->mutex}};
}
void pri_set_enabled(pri_device* dev, u64 enabled) {
  KFUNC();
  dev->pri_enabled = enabled;
}

// Of the context entry, and of the device. Simplified: nothing makes them fail but a fault.
int context_flip_pri(pri_device* dev, u64 accepted) {
  if (accepted != 0 && inject_fault("context_flip_pri")) return -ENODEV;
  WRITE_ONCE(dev->accepted, accepted);
  return 0;
}
int pci_enable_pri(pri_device* dev) {
  if (inject_fault("pci_enable_pri")) return -EBUSY;
  WRITE_ONCE(dev->pri, u64{1});
  return 0;
}

int intel_iommu_enable_iopf(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  if ((dev->flags.peek() & PRI_NO_PRI) != 0) return -ENODEV;
  if (dev->pri_enabled != 0) return -EBUSY;
  if (wants_no_pasid(dev) && pasid_rows[chosen(knob::page_response_pasid)].refused) return -EINVAL;
  int rc = iopf_queue_add_device(iommu->iopf_queue.peek(), dev);
  if (rc != 0) return rc;
  rc = context_flip_pri(dev, 1);
  if (rc == 0) {
    rc = pci_enable_pri(dev);
    if (rc != 0) context_flip_pri(dev, 0);
  }
  if (rc != 0) {
    iopf_queue_remove_device(iommu->iopf_queue.peek(), dev);
    return rc;
  }
  critical_section cs = enabled_section(dev);
  cs.at(before_enabled);
  pri_set_enabled(dev, 1);
  cs.at(after_enabled);
  return 0;
}

// A driver that stops its workers by itself: a group whose work has not begun is nobody's any more.
void cancel_works(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  submit_drain(dev, IOMMU_NO_PASID);
  flush_work(&iommu->thread);
  iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
  if (fault_param == nullptr) return;
  lock_lists(fault_param);
  if (era().pending == pending_is::groups) {
    iopf_group* group = nullptr;
    list_for_each_entry(group, &fault_param->faults, pending_node) {
      if (cancel_work(&group->work)) PROBE(work_cancelled);
    }
  }
  unlock_lists(fault_param);
  iopf_queue* const queue = fault_param->queue;
  flush_workqueue(queue->wq.peek());
  iopf_put_dev_fault_param(fault_param, dev);
}

// What a drain of the group may be using goes while none is under way.
int turn_off(pri_device* dev) {
  pri_iommu* const iommu = dev->iommu.peek();
  context_flip_pri(dev, 0);
  if ((dev->flags.peek() & PRI_CANCELS_WORKS) != 0) cancel_works(dev);
  const int rc = iopf_queue_remove_device(iommu->iopf_queue.peek(), dev);
  if (rc != 0) return rc;
  WRITE_ONCE(dev->pri, u64{0});
  pri_set_enabled(dev, 0);
  return 0;
}

int intel_iommu_disable_iopf(pri_device* dev) {
  KFUNC();
  if (dev->pri_enabled == 0) return -EINVAL;
  critical_section cs = enabled_section(dev);
  cs.at(before_enabled);
  const int rc = turn_off(dev);
  cs.at(after_enabled);
  return rc;
}

// By the driver of its IOMMU.
int enable_feature(pri_device* dev) {
  return is_mock_dev(dev) ? mock_dev_enable_feat(dev) : intel_iommu_enable_iopf(dev);
}
int disable_feature(pri_device* dev) {
  return is_mock_dev(dev) ? mock_dev_disable_feat(dev) : intel_iommu_disable_iopf(dev);
}

}  // namespace

bool pri_is_enabled(pri_device* dev) {
  KFUNC();
  return dev->pri_enabled != 0;
}

int iopf_enable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->features);
  int rc = dev->dev_iommu == nullptr ? -ENODEV : 0;
  if (rc == 0 && dev->users == 0) rc = enable_feature(dev);
  if (rc == 0) dev->users++;
  mutex_unlock(&dev->features);
  return rc;
}

int iopf_disable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->features);
  int rc = dev->users == 0 ? -EINVAL : 0;
  if (rc == 0 && dev->users == 1) rc = disable_feature(dev);
  if (rc == 0) dev->users--;
  mutex_unlock(&dev->features);
  return rc;
}

}  // namespace iorace::kern::iopf
