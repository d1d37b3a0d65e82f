// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The character device of a VFIO device: its user binds it to iommufd and attaches it.
// Kernel: drivers/vfio/device_cdev.c, drivers/vfio/iommufd.c @ 6.12.117.
#pragma once

#include "model/iommufd/idev.h"

namespace iorace::kern {

struct vfio_cdev {
  mutex lock;                         // dev_set->lock. Simplified: no two devices are of one set
  shared<iommufd_core_device*> idev;  // vdev->iommufd_core_device: null until it is bound
  shared<bool> attached;
};
IORACE_DESCRIBE(vfio_cdev, "cdev", lock, idev, attached);

struct idev_world {
  vfio_cdev* cdevs;  // of all devices, by their number
};

// Opens the device and binds it. Returns 0 or -ENODEV if VFIO does not drive it, -EBUSY if its
// group has a container, -EINVAL if it is bound, what binding fails with, or -EFAULT if the user
// cannot be told.
int vfio_cdev_bind(struct device* dev, u32* id);
// Return 0, -EINVAL if the device is not bound, or what attaching fails with. If the user cannot be
// told, the device is detached, wherever it was before, and the result is -EFAULT.
int vfio_cdev_attach(struct device* dev, u32 pt_id);
int vfio_cdev_detach(struct device* dev);
// Lets go of all of it. Returns 0, or -EBADF if the device is not bound.
int vfio_cdev_close(struct device* dev);

}  // namespace iorace::kern
