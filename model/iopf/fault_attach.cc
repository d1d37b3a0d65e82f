// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device is attached to a hardware page table, detached, moved to another one. What it has
// requested by then is answered before its handle is freed.
// Kernel: drivers/iommu/iommufd/{device,fault}.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

struct detach_row {
  bool answers;
};
constexpr detach_row detach_rows[] = {
    {true},   // DETACH_ANSWERS
    {false},  // DETACH_FLUSHES
    {true},   // DETACH_AWAITS
};
// What a page table whose page requests its user answers does about groups of several devices.
struct group_row {
  bool refuses, each;
};
constexpr group_row group_rows[] = {
    {false, false},  // GROUP_FIRST_DEVICE
    {false, true},   // GROUP_EACH_DEVICE
    {true, false},   // GROUP_ALONE
};
const group_row& of_group() { return group_rows[chosen(knob::fault_attach_group)]; }

struct replace_row {
  bool old_hwpt;
};
constexpr replace_row answer_rows[] = {
    {true},   // REPLACE_ANSWERS_OLD
    {false},  // REPLACE_ANSWERS_NEW
};

int iommufd_fault_iopf_enable(iommufd_device* idev) {
  KFUNC();
  if ((idev->dev.peek()->flags.peek() & PRI_VIRTFN) != 0) return -EINVAL;
  mutex_lock(&idev->iopf_lock);
  idev->iopf_enabled++;
  const bool first = idev->iopf_enabled == 1;
  const int rc = first ? iopf_enable(idev->dev.peek()) : 0;
  if (rc != 0) idev->iopf_enabled--;
  mutex_unlock(&idev->iopf_lock);
  return rc;
}

void iommufd_fault_iopf_disable(iommufd_device* idev) {
  KFUNC();
  mutex_lock(&idev->iopf_lock);
  if (!WARN_ON(idev->iopf_enabled == 0)) {
    idev->iopf_enabled--;
    if (idev->iopf_enabled == 0) iopf_disable(idev->dev.peek());
  }
  mutex_unlock(&idev->iopf_lock);
}

bool has_fault(iommufd_hw_pagetable* hwpt) { return hwpt->fault != nullptr; }
pri_group* core_group(iommufd_device* idev) { return idev->dev.peek()->group.peek(); }

iommufd_attach_handle* iommufd_device_get_attach_handle(iommufd_device* idev) {
  KFUNC();
  lockdep_assert_held(&idev->igroup.peek()->lock);
  iommu_attach_handle* const handle =
      iommu_attach_handle_get(idev->dev.peek(), IOMMU_NO_PASID, DOMAIN_ANY);
  CONTRACT(handle_left);  // it is its owner who has it
  return IS_ERR(handle) ? nullptr : to_iommufd_handle(handle);
}

int iommufd_hwpt_attach_device(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  auto* const handle = kzalloc<iommufd_attach_handle>();
  if (handle == nullptr) return -ENOMEM;
  const bool enables = has_fault(hwpt);
  int rc = enables ? iommufd_fault_iopf_enable(idev) : 0;
  if (rc == 0) {
    handle->idev = idev;
    rc = iommu_attach_group_handle(hwpt->domain, core_group(idev), &handle->handle);
    if (rc != 0 && enables) iommufd_fault_iopf_disable(idev);
  }
  if (rc != 0) kfree(handle);
  return rc;
}

void iommufd_hwpt_detach_device(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  pri_device* const dev = idev->dev.peek();
  iommufd_attach_handle* const handle = iommufd_device_get_attach_handle(idev);
  iommu_detach_group_handle(core_group(idev));
  if (has_fault(hwpt)) {
    iommufd_fault_await_answers(hwpt);
    if (detach_rows[chosen(knob::fault_detach_answers)].answers)
      iommufd_auto_response_faults(hwpt, handle);
    else
      iopf_queue_flush_dev(dev, IOMMU_NO_PASID);
    CONTRACT(fault_detached, dev, hwpt, handle);
    iommufd_fault_iopf_disable(idev);
  }
  kfree(handle);
}

int iommufd_hwpt_replace_device(iommufd_device* idev, iommufd_hw_pagetable* hwpt,
                                iommufd_hw_pagetable* old) {
  KFUNC();
  iommufd_attach_handle* const old_handle = iommufd_device_get_attach_handle(idev);
  auto* const handle = kzalloc<iommufd_attach_handle>();
  if (handle == nullptr) return -ENOMEM;
  const bool new_faults = has_fault(hwpt);
  const bool old_faults = has_fault(old);
  int rc = new_faults && !old_faults ? iommufd_fault_iopf_enable(idev) : 0;
  if (rc == 0) {
    handle->idev = idev;
    rc = iommu_replace_group_handle(core_group(idev), hwpt->domain, &handle->handle);
    if (rc != 0 && new_faults && !old_faults) iommufd_fault_iopf_disable(idev);
  }
  if (rc != 0) {
    kfree(handle);
    return rc;
  }
  if (old_faults) {
    const bool answers_old = answer_rows[chosen(knob::fault_replace_answers)].old_hwpt;
    iommufd_auto_response_faults(answers_old ? old : hwpt, old_handle);
    CONTRACT(fault_replaced, old, old_handle);
    if (!new_faults) iommufd_fault_iopf_disable(idev);
  }
  kfree(old_handle);
  return 0;
}

// Who follows an attachment, or leaves others in it.
int follow(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  if (!has_fault(hwpt)) return 0;
  if (of_group().refuses) return -EBUSY;
  return of_group().each ? iommufd_fault_iopf_enable(idev) : 0;
}
void leave(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  if (has_fault(hwpt) && of_group().each) iommufd_fault_iopf_disable(idev);
}

// Requires: there is one.
bool has_several(iommufd_fault_group* igroup) {
  return list_next(list_next(&igroup->device_list)) != &igroup->device_list;
}

// Every device of the group has a user of its page table; of the old one the caller has the last.
void move_users(iommufd_fault_group* igroup, iommufd_hw_pagetable* hwpt,
                iommufd_hw_pagetable* old) {
  iommufd_device* cur = nullptr;
  bool first = true;
  list_for_each_entry(cur, &igroup->device_list, group_item) {
    refcount_inc(&hwpt->obj.users);
    if (!first) refcount_dec(&old->obj.users);
    first = false;
  }
}

}  // namespace

// The core is asked for the first device of a group only.
int iommufd_hw_pagetable_attach(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  iommufd_fault_group* const igroup = idev->igroup.peek();
  mutex_lock(&igroup->lock);
  int rc = igroup->hwpt != nullptr && igroup->hwpt != hwpt ? -EINVAL : 0;
  const bool first = rc == 0 && list_empty(&igroup->device_list);
  if (rc == 0) rc = first ? iommufd_hwpt_attach_device(hwpt, idev) : follow(hwpt, idev);
  if (rc == 0) {
    if (first) igroup->hwpt = hwpt;
    refcount_inc(&hwpt->obj.users);
    list_add_tail(&idev->group_item, &igroup->device_list);
  }
  mutex_unlock(&igroup->lock);
  return rc;
}

iommufd_hw_pagetable* iommufd_hw_pagetable_detach(iommufd_device* idev) {
  KFUNC();
  iommufd_fault_group* const igroup = idev->igroup.peek();
  mutex_lock(&igroup->lock);
  iommufd_hw_pagetable* const hwpt = igroup->hwpt;
  list_del(&idev->group_item);
  if (list_empty(&igroup->device_list)) {
    iommufd_hwpt_detach_device(hwpt, idev);
    igroup->hwpt = nullptr;
  } else {
    leave(hwpt, idev);
  }
  mutex_unlock(&igroup->lock);
  return hwpt;
}

int iommufd_device_do_replace(iommufd_device* idev, iommufd_hw_pagetable* hwpt,
                              iommufd_hw_pagetable** old_hwpt) {
  KFUNC();
  iommufd_fault_group* const igroup = idev->igroup.peek();
  mutex_lock(&igroup->lock);
  iommufd_hw_pagetable* const old = igroup->hwpt;
  int rc = old == nullptr || idev->attached == 0 ? -EINVAL : 0;
  if (rc == 0 && old != hwpt) {
    if (has_fault(hwpt) && of_group().refuses && has_several(igroup)) rc = -EBUSY;
    if (rc == 0) rc = iommufd_hwpt_replace_device(idev, hwpt, old);
    if (rc == 0) {
      igroup->hwpt = hwpt;
      move_users(igroup, hwpt, old);
      *old_hwpt = old;
    }
  }
  mutex_unlock(&igroup->lock);
  return rc;
}

}  // namespace iorace::kern::iopf
