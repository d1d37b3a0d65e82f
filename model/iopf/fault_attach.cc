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
};
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

iommufd_attach_handle* iommufd_device_get_attach_handle(iommufd_device* idev) {
  KFUNC();
  lockdep_assert_held(&idev->igroup_lock);
  iommu_attach_handle* const handle = iommu_attach_handle_get(idev->dev.peek(), IOMMU_NO_PASID);
  CONTRACT(handle_left);  // it is its owner who has it
  return handle == nullptr ? nullptr : to_iommufd_handle(handle);
}

int iommufd_hwpt_attach_device(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  auto* const handle = kzalloc<iommufd_attach_handle>();
  if (handle == nullptr) return -ENOMEM;
  const bool enables = has_fault(hwpt);
  int rc = enables ? iommufd_fault_iopf_enable(idev) : 0;
  if (rc == 0) {
    handle->idev = idev;
    rc = iommu_attach_group_handle(hwpt->domain, idev->dev.peek(), &handle->handle);
    if (rc != 0 && enables) iommufd_fault_iopf_disable(idev);
  }
  if (rc != 0) kfree(handle);
  return rc;
}

void iommufd_hwpt_detach_device(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  pri_device* const dev = idev->dev.peek();
  iommufd_attach_handle* const handle = iommufd_device_get_attach_handle(idev);
  iommu_detach_group_handle(dev);
  if (has_fault(hwpt)) {
    if (detach_rows[chosen(knob::fault_detach_answers)].answers)
      iommufd_auto_response_faults(hwpt, handle);
    else
      iopf_queue_flush_dev(dev);
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
    rc = iommu_replace_group_handle(idev->dev.peek(), hwpt->domain, &handle->handle);
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

int iommufd_hw_pagetable_attach(iommufd_hw_pagetable* hwpt, iommufd_device* idev) {
  KFUNC();
  mutex_lock(&idev->igroup_lock);
  const int rc = iommufd_hwpt_attach_device(hwpt, idev);
  if (rc == 0) {
    idev->hwpt = hwpt;
    refcount_inc(&hwpt->obj.users);
  }
  mutex_unlock(&idev->igroup_lock);
  return rc;
}

iommufd_hw_pagetable* iommufd_hw_pagetable_detach(iommufd_device* idev) {
  KFUNC();
  iommufd_hw_pagetable* const hwpt = idev->hwpt;
  mutex_lock(&idev->igroup_lock);
  iommufd_hwpt_detach_device(hwpt, idev);
  idev->hwpt = nullptr;
  mutex_unlock(&idev->igroup_lock);
  return hwpt;
}

// On success the old one is the caller's to put, if there is one.
int iommufd_device_do_replace(iommufd_device* idev, iommufd_hw_pagetable* hwpt,
                              iommufd_hw_pagetable** old_hwpt) {
  KFUNC();
  mutex_lock(&idev->igroup_lock);
  iommufd_hw_pagetable* const old = idev->hwpt;
  int rc = old == nullptr ? -EINVAL : 0;
  if (rc == 0 && old != hwpt) {
    rc = iommufd_hwpt_replace_device(idev, hwpt, old);
    if (rc == 0) {
      idev->hwpt = hwpt;
      refcount_inc(&hwpt->obj.users);
      *old_hwpt = old;
    }
  }
  mutex_unlock(&idev->igroup_lock);
  return rc;
}

void iommufd_hw_pagetable_put(iommufd_hw_pagetable* hwpt) { refcount_dec(&hwpt->obj.users); }

// Calls change(hwpt) with the page table called `id`.
template <class Change>
int iommufd_device_change_pt(iommufd_ctx* ictx, u32 id, Change change) {
  KFUNC();
  iommufd_object* const obj = iommufd_get_object(ictx, id, iommufd_object_type::any);
  if (IS_ERR(obj)) return static_cast<int>(PTR_ERR(obj));
  const bool fits = obj->type == iommufd_object_type::hwpt_nested;
  const int rc = fits ? change(container_of(obj, iommufd_hw_pagetable, obj)) : -EINVAL;
  iommufd_put_object(ictx, obj);
  return rc;
}

// The driver of the device, which does one of these at a time; of a mock device, with nobody in a
// report.
class driver_section {
 public:
  explicit driver_section(pri_device* dev) : dev_(dev) {
    mutex_lock(&dev->driver);
    if (is_mock_dev(dev)) down_write(&dev->idev.peek()->iopf_rwsem);
  }
  ~driver_section() {
    if (is_mock_dev(dev_)) up_write(&dev_->idev.peek()->iopf_rwsem);
    mutex_unlock(&dev_->driver);
  }
  driver_section(const driver_section&) = delete;
  driver_section& operator=(const driver_section&) = delete;

 private:
  pri_device* dev_;
};

}  // namespace

iommufd_device* iommufd_device_make(pri_device* dev) {
  auto* const idev = make<iommufd_device>();
  idev->dev.poke(dev);
  mutex_init(&idev->igroup_lock);
  mutex_init(&idev->iopf_lock);
  init_rwsem(&idev->iopf_rwsem);
  return idev;
}

int fault_driver_attach(iommufd_ctx* ictx, pri_device* dev, u32 hwpt_id) {
  iommufd_device* const idev = dev->idev.peek();
  const driver_section alone(dev);
  if (idev->hwpt != nullptr) return -EBUSY;
  return iommufd_device_change_pt(ictx, hwpt_id, [idev](iommufd_hw_pagetable* hwpt) {
    return iommufd_hw_pagetable_attach(hwpt, idev);
  });
}

int fault_driver_replace(iommufd_ctx* ictx, pri_device* dev, u32 hwpt_id) {
  iommufd_device* const idev = dev->idev.peek();
  iommufd_hw_pagetable* old = nullptr;
  const driver_section alone(dev);
  const int rc = iommufd_device_change_pt(ictx, hwpt_id, [&](iommufd_hw_pagetable* hwpt) {
    return iommufd_device_do_replace(idev, hwpt, &old);
  });
  if (old != nullptr) iommufd_hw_pagetable_put(old);
  return rc;
}

int fault_driver_detach(pri_device* dev) {
  iommufd_device* const idev = dev->idev.peek();
  const driver_section alone(dev);
  if (idev->hwpt == nullptr) return -ENODEV;
  iommufd_hw_pagetable* const hwpt = iommufd_hw_pagetable_detach(idev);
  iommufd_hw_pagetable_put(hwpt);
  return 0;
}

}  // namespace iorace::kern::iopf
