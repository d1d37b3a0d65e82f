// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Files of devices, which come to their end when the descriptor, the calls and the areas that use
// them have. Kernel: drivers/vfio/vfio_main.c, device_cdev.c @ 6.12.117. Simplified: a device has
// one file at a time, as those have that are opened by their own node; it is bound as it is opened.
#include "model/iommufd/file.h"
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

vfio_device_set* the_set() { return this_world().vfio_pci->dev_set; }

bool files_can_close() { return limit_value(limit::device_close) != 0; }

vfio_pci_core_device* vdev_fget(u32 fd, file** filp) {
  xarray* const files = &the_set()->files;
  if (!files_can_close()) return static_cast<vfio_pci_core_device*>(xa_load(files, fd));
  xa_lock(files);
  *filp = static_cast<file*>(xa_load(files, fd));
  if (*filp != nullptr) get_file(*filp);
  xa_unlock(files);
  if (*filp == nullptr) return nullptr;
  return static_cast<vfio_pci_core_device*>((*filp)->private_data.load(op_kind::read));
}
void vdev_fput(file* filp) {
  if (filp != nullptr) fput(filp);
}

// The descriptor stays reserved: it is the device's number as well.
int vdev_close(u32 fd) {
  KFUNC();
  if (!files_can_close()) return -ENOSYS;
  xarray* const files = &the_set()->files;
  xa_lock(files);
  auto* const filp = static_cast<file*>(xa_load(files, fd));
  if (filp != nullptr) __xa_store(files, fd, XA_ZERO_ENTRY);
  xa_unlock(files);
  if (filp == nullptr) return -EBADF;
  fput(filp);
  return 0;
}

static int vfio_df_open(vfio_pci_core_device* vdev) {
  KFUNC();
  lockdep_assert_held(&the_set()->lock);
  const u32 opened = vdev->open_count;
  if (opened != 0) return -EINVAL;
  vdev->open_count = 1;
  const int ret = vfio_pci_core_enable(vdev);
  if (ret != 0) vdev->open_count = 0;
  return ret;
}

static void vfio_df_close(vfio_pci_core_device* vdev) {
  KFUNC();
  lockdep_assert_held(&the_set()->lock);
  vfio_pci_core_disable(vdev);
  vdev->open_count = 0;
}

static int vfio_df_ioctl_bind_iommufd(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&the_set()->lock);
  const int ret = vfio_df_open(vdev);
  mutex_unlock(&the_set()->lock);
  return ret;
}

// A file whose device cannot be had is of no use.
int vdev_reopen(u32 number) {
  KFUNC();
  if (!files_can_close()) return -ENOSYS;
  vfio_pci_core_device* const vdev = vdev_of_bus(number);
  if (vdev == nullptr) return -ENODEV;
  file* const filp = alloc_file(file_kind::vfio_pci, vdev);
  if (IS_ERR(filp)) return -ENOMEM;
  const int ret = vfio_df_ioctl_bind_iommufd(vdev);
  if (ret == 0)
    xa_store(&the_set()->files, number, filp);
  else
    kfree(filp);
  return ret;
}

void vfio_device_fops_release(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&the_set()->lock);
  vfio_df_close(vdev);
  mutex_unlock(&the_set()->lock);
}

vfio_pci_core_device* vdev_of_bus(u32 number) {
  if (!files_can_close())
    return static_cast<vfio_pci_core_device*>(xa_load(&the_set()->files, number));
  return number == 0 || number > vdevs_max ? nullptr : this_world().vfio_pci->vdev[number - 1];
}

}  // namespace iorace::kern
