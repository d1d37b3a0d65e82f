// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who attaches devices, moves and detaches them: their drivers, for users who ask by number.
// Kernel: drivers/iommu/iommufd/device.c, drivers/vfio/iommufd.c @ 6.12.117.
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

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

iommufd_fault_group* iommufd_fault_group_make() {
  auto* const igroup = make<iommufd_fault_group>();
  mutex_init(&igroup->lock);
  INIT_LIST_HEAD(&igroup->device_list);
  return igroup;
}

iommufd_device* iommufd_device_make(pri_device* dev) {
  auto* const idev = make<iommufd_device>();
  idev->dev.poke(dev);
  idev->igroup.poke(dev->group.peek()->igroup.peek());
  mutex_init(&idev->iopf_lock);
  init_rwsem(&idev->iopf_rwsem);
  return idev;
}

int fault_driver_attach(iommufd_ctx* ictx, pri_device* dev, u32 hwpt_id) {
  iommufd_device* const idev = dev->idev.peek();
  const driver_section alone(dev);
  if (idev->attached != 0) return -EBUSY;
  const int rc = iommufd_device_change_pt(ictx, hwpt_id, [idev](iommufd_hw_pagetable* hwpt) {
    return iommufd_hw_pagetable_attach(hwpt, idev);
  });
  if (rc == 0) idev->attached = 1;
  return rc;
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
  if (idev->attached == 0) return -ENODEV;
  iommufd_hw_pagetable* const hwpt = iommufd_hw_pagetable_detach(idev);
  idev->attached = 0;
  iommufd_hw_pagetable_put(hwpt);
  return 0;
}

}  // namespace iorace::kern::iopf
