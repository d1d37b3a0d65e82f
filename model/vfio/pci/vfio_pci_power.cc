// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The user lets a device sleep, and what the driver does when it falls asleep and wakes up. Kernel:
// drivers/vfio/pci/vfio_pci_core.c, drivers/vfio/vfio_main.c @ 6.12.117. Simplified: the eventfd
// that a wake-up signals is the device's own one.
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

int vfio_pci_runtime_pm_entry(vfio_pci_core_device* vdev, eventfd_ctx* efdctx) {
  KFUNC();
  vfio_pci_zap_and_down_write_memory_lock(vdev);
  if (vdev_flag_of(vdev, pm_runtime_engaged)) {
    up_write_memory_lock(vdev);
    return -EINVAL;
  }
  set_vdev_flag(vdev, pm_runtime_engaged, true);
  if (has_runtime_pm()) vdev->pm_wake_eventfd_ctx = efdctx;
  pm_runtime_put_noidle(vdev);
  up_write_memory_lock(vdev);
  return 0;
}

int vfio_pci_core_pm_entry_with_wakeup(vfio_pci_core_device* vdev) {
  KFUNC();
  if (!copy_from_user("low_power_entry_with_wakeup")) return -EFAULT;
  return vfio_pci_runtime_pm_entry(vdev, &vdev->eventfd);
}

// Requires: memory_lock for writing.
static void __vfio_pci_runtime_pm_exit(vfio_pci_core_device* vdev) {
  if (!vdev_flag_of(vdev, pm_runtime_engaged)) return;
  set_vdev_flag(vdev, pm_runtime_engaged, false);
  pm_runtime_get_noresume(vdev);
  if (has_runtime_pm()) vdev->pm_wake_eventfd_ctx = nullptr;
}

int vfio_pci_runtime_pm_exit(vfio_pci_core_device* vdev) {
  KFUNC();
  down_write(&vdev->memory_lock);
  __vfio_pci_runtime_pm_exit(vdev);
  up_write_memory_lock(vdev);
  return 0;
}

// A device that its user has put into D3hot wakes up from there, as the bus saves its state.
void vfio_pci_core_runtime_suspend(vfio_pci_core_device* vdev) {
  KFUNC();
  down_write(&vdev->memory_lock);
  vfio_pci_set_power_state(vdev, PCI_D0);
  up_write_memory_lock(vdev);
  if (!has_intx() || omit(knob::vfio_pci_suspend_intx, SUSPEND_LEAVES_INTX)) return;
  const u32 irq_type = vdev->irq_type;
  vdev->pm_intx_masked = irq_type == VFIO_PCI_INTX_IRQ_INDEX && vfio_pci_intx_mask(vdev);
}

// Whoever asked to be told has been, and is in low power no more.
void vfio_pci_core_runtime_resume(vfio_pci_core_device* vdev) {
  KFUNC();
  down_write(&vdev->memory_lock);
  eventfd_ctx* const wake = vdev->pm_wake_eventfd_ctx;
  if (wake != nullptr) {
    PROBE(wake_up_told);
    eventfd_signal(wake);
    __vfio_pci_runtime_pm_exit(vdev);
  }
  up_write_memory_lock(vdev);
  if (!has_intx()) return;
  const bool pm_intx_masked = vdev->pm_intx_masked;
  if (omit(knob::vfio_pci_suspend_intx, RESUME_UNMASKS_INTX) || pm_intx_masked)
    vfio_pci_intx_unmask(vdev);
}

int vfio_device_pm_runtime_get(vfio_pci_core_device* vdev) {
  KFUNC();
  if (omit(knob::vfio_device_ioctl_power, IOCTL_ASLEEP)) return 0;
  return pm_runtime_resume_and_get(vdev) != 0 ? -EIO : 0;
}
void vfio_device_pm_runtime_put(vfio_pci_core_device* vdev) {
  KFUNC();
  if (omit(knob::vfio_device_ioctl_power, IOCTL_ASLEEP)) return;
  pm_runtime_put(vdev);
}

// Somebody else than the user, who finds the device in sysfs.
int pci_read_config(vfio_pci_core_device* vdev) {
  KFUNC();
  pm_runtime_get_sync(vdev);
  pm_runtime_put(vdev);
  return 0;
}

}  // namespace iorace::kern
