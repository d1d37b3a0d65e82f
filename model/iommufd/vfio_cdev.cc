// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/vfio/device_cdev.c, drivers/vfio/iommufd.c @ 6.12.117.
// Simplified: the device is opened when it is bound; a failed bind closes it.
#include "model/iommufd/vfio_cdev.h"

#include "model/iommu/iommu_world.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

vfio_cdev* cdev_of(const struct device* dev) {
  unsigned n = 0;
  while (this_world().iommu->devices[n] != dev) ++n;
  return &this_world().idev->cdevs[n];
}

void vfio_device_put_registration(struct device* dev) {
  if (refcount_dec_and_test(&dev->registered)) complete(&dev->comp);
}

void put_user(struct device* dev) {
  vfio_device_unblock_group(dev);
  vfio_device_put_registration(dev);
}

// Requires: the lock of the cdev, and a bound device.
int vfio_iommufd_physical_attach_ioas(vfio_cdev* cdev, u32 pt_id) {
  KFUNC();
  iommufd_core_device* const idev = cdev->idev;
  const bool attached = cdev->attached;
  const int rc =
      attached ? iommufd_device_replace(idev, pt_id) : iommufd_device_attach(idev, pt_id);
  if (rc == 0) cdev->attached = true;
  return rc;
}

// Likewise.
void vfio_iommufd_physical_detach_ioas(vfio_cdev* cdev) {
  KFUNC();
  const bool attached = cdev->attached;
  if (!attached) return;
  iommufd_core_device* const idev = cdev->idev;
  iommufd_device_detach(idev);
  cdev->attached = false;
}

// Likewise.
void vfio_iommufd_physical_unbind(vfio_cdev* cdev) {
  KFUNC();
  vfio_iommufd_physical_detach_ioas(cdev);
  iommufd_core_device* const idev = cdev->idev;
  iommufd_device_unbind(idev);
  cdev->idev = nullptr;
}

}  // namespace

int vfio_cdev_bind(struct device* dev, u32* id) {
  KFUNC();
  vfio_cdev* const cdev = cdev_of(dev);
  if (!refcount_inc_not_zero(&dev->registered)) return -ENODEV;
  int rc = vfio_device_block_group(dev);
  if (rc != 0) {
    vfio_device_put_registration(dev);
    return rc;
  }
  mutex_lock(&cdev->lock);
  iommufd_core_device* idev = cdev->idev;
  if (idev != nullptr) rc = -EINVAL;
  if (rc == 0) {
    idev = iommufd_device_bind(this_world().ictx, dev);
    if (IS_ERR(idev)) rc = static_cast<int>(PTR_ERR(idev));
  }
  if (rc == 0) {
    cdev->idev = idev;
    *id = idev->obj.id;
    rc = iommufd_ucmd_respond("vfio_cdev_bind");
    if (rc != 0) vfio_iommufd_physical_unbind(cdev);
  }
  mutex_unlock(&cdev->lock);
  if (rc != 0) put_user(dev);
  return rc;
}

int vfio_cdev_attach(struct device* dev, u32 pt_id) {
  KFUNC();
  vfio_cdev* const cdev = cdev_of(dev);
  mutex_lock(&cdev->lock);
  const iommufd_core_device* const idev = cdev->idev;
  int rc = idev == nullptr ? -EINVAL : vfio_iommufd_physical_attach_ioas(cdev, pt_id);
  if (rc == 0) {
    rc = iommufd_ucmd_respond("vfio_cdev_attach");
    if (rc != 0) vfio_iommufd_physical_detach_ioas(cdev);
  }
  mutex_unlock(&cdev->lock);
  return rc;
}

int vfio_cdev_detach(struct device* dev) {
  KFUNC();
  vfio_cdev* const cdev = cdev_of(dev);
  mutex_lock(&cdev->lock);
  const iommufd_core_device* const idev = cdev->idev;
  if (idev != nullptr) vfio_iommufd_physical_detach_ioas(cdev);
  mutex_unlock(&cdev->lock);
  return idev == nullptr ? -EINVAL : 0;
}

int vfio_cdev_close(struct device* dev) {
  KFUNC();
  vfio_cdev* const cdev = cdev_of(dev);
  mutex_lock(&cdev->lock);
  const iommufd_core_device* const idev = cdev->idev;
  if (idev != nullptr) vfio_iommufd_physical_unbind(cdev);
  mutex_unlock(&cdev->lock);
  if (idev == nullptr) return -EBADF;
  put_user(dev);
  return 0;
}

}  // namespace iorace::kern
