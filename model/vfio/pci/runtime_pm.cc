// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/base/power/runtime.c, drivers/pci/pci-driver.c @ 6.12.117. Simplified: no
// parents, timers and autosuspend; the only request is to look whether the device is idle, which
// suspends it at once; a suspend cannot fail.
#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

bool has_runtime_pm() { return limit_value(limit::runtime_pm) != 0; }

// Nobody looks at a device that the bus is putting to sleep, says the bus: no lock.
static void pci_set_power_state(vfio_pci_core_device* dev, u32 state) {
  KFUNC();
  dev->current_state = state;
}

static int pci_pm_runtime_suspend(vfio_pci_core_device* dev) {
  KFUNC();
  vfio_pci_core_runtime_suspend(dev);
  CONTRACT(device_falls_asleep, dev);
  pci_set_power_state(dev, PCI_D3hot);
  PROBE(device_suspended);
  return 0;
}

static int pci_pm_runtime_resume(vfio_pci_core_device* dev) {
  KFUNC();
  if (inject_fault("pci_pm_runtime_resume")) return -EIO;
  pci_set_power_state(dev, PCI_D0);
  vfio_pci_core_runtime_resume(dev);
  PROBE(device_resumed);
  return 0;
}

// Requires: the lock, which is dropped around it.
static int rpm_callback(vfio_pci_core_device* dev, int (*callback)(vfio_pci_core_device*)) {
  KFUNC();
  spin_unlock(&dev->power.lock);
  const int retval = callback(dev);
  spin_lock(&dev->power.lock);
  return retval;
}

static bool is_changing(vfio_pci_core_device* dev) {
  const u32 status = dev->power.runtime_status;
  return status == RPM_RESUMING || status == RPM_SUSPENDING;
}

static void wait_for_status(vfio_pci_core_device* dev) {
  KFUNC();
  PROBE(power_change_awaited);
  DEFINE_WAIT(wait);
  for (;;) {
    prepare_to_wait(&dev->power.wait_queue, &wait, TASK_UNINTERRUPTIBLE);
    if (!is_changing(dev)) break;
    spin_unlock(&dev->power.lock);
    schedule();
    spin_lock(&dev->power.lock);
  }
  finish_wait(&dev->power.wait_queue, &wait);
}

// Requires: the lock.
static int rpm_resume(vfio_pci_core_device* dev) {
  KFUNC();
  dev_pm_info& power = dev->power;
  power.idle_requested = false;
  if (is_changing(dev)) wait_for_status(dev);
  const u32 status = power.runtime_status;
  if (status == RPM_ACTIVE) return 0;
  power.runtime_status = RPM_RESUMING;
  const int retval = rpm_callback(dev, pci_pm_runtime_resume);
  power.runtime_status = retval == 0 ? RPM_ACTIVE : RPM_SUSPENDED;
  wake_up_all(&power.wait_queue);
  return retval;
}

// Requires: the lock. What the last user has done is seen by the callback: its locks, after the
// unlock of this one, order it behind the read of the count, which here does so by itself.
static bool may_suspend(vfio_pci_core_device* dev) {
  const u32 status = dev->power.runtime_status;
  return atomic_cmpxchg(&dev->power.usage_count, 0, 0) == 0 && status == RPM_ACTIVE;
}

// Requires: the lock.
static void rpm_suspend(vfio_pci_core_device* dev) {
  KFUNC();
  dev_pm_info& power = dev->power;
  if (!may_suspend(dev)) return;
  power.runtime_status = RPM_SUSPENDING;
  rpm_callback(dev, pci_pm_runtime_suspend);
  power.runtime_status = RPM_SUSPENDED;
  wake_up_all(&power.wait_queue);
}

static void pm_runtime_work(work_struct* work) {
  KFUNC();
  dev_pm_info* const power = container_of(work, dev_pm_info, work);
  vfio_pci_core_device* const dev = container_of(power, vfio_pci_core_device, power);
  spin_lock(&power->lock);
  const bool idle = power->idle_requested;
  power->idle_requested = false;
  power->request_pending = false;
  if (idle) rpm_suspend(dev);
  spin_unlock(&power->lock);
}

// Requires: the lock.
static void rpm_idle(vfio_pci_core_device* dev) {
  KFUNC();
  if (!may_suspend(dev)) return;
  dev->power.idle_requested = true;
  const bool pending = dev->power.request_pending;
  if (pending) return;
  dev->power.request_pending = true;
  queue_work(this_world().vfio_pci->pm_wq, &dev->power.work);
}

void pm_runtime_init(vfio_pci_core_device* dev) {
  if (!has_runtime_pm()) return;
  spin_lock_init(&dev->power.lock);
  init_waitqueue_head(&dev->power.wait_queue);
  INIT_WORK(&dev->power.work, pm_runtime_work);
  atomic_set(&dev->power.usage_count, files_can_close() ? 0 : 1);
}

void pm_runtime_get_noresume(vfio_pci_core_device* dev) {
  KFUNC();
  if (has_runtime_pm()) atomic_inc(&dev->power.usage_count);
}

void pm_runtime_put_noidle(vfio_pci_core_device* dev) {
  KFUNC();
  if (has_runtime_pm()) atomic_dec(&dev->power.usage_count);
}

int pm_runtime_get_sync(vfio_pci_core_device* dev) {
  KFUNC();
  if (!has_runtime_pm()) return 0;
  atomic_inc(&dev->power.usage_count);
  spin_lock(&dev->power.lock);
  const int ret = rpm_resume(dev);
  spin_unlock(&dev->power.lock);
  return ret;
}

int pm_runtime_resume(vfio_pci_core_device* dev) {
  KFUNC();
  if (!has_runtime_pm()) return 0;
  spin_lock(&dev->power.lock);
  const int ret = rpm_resume(dev);
  spin_unlock(&dev->power.lock);
  return ret;
}

int pm_runtime_resume_and_get(vfio_pci_core_device* dev) {
  KFUNC();
  const int ret = pm_runtime_get_sync(dev);
  if (ret < 0) pm_runtime_put_noidle(dev);
  return ret;
}

void pm_runtime_put(vfio_pci_core_device* dev) {
  KFUNC();
  if (!has_runtime_pm() || !atomic_dec_and_test(&dev->power.usage_count)) return;
  spin_lock(&dev->power.lock);
  rpm_idle(dev);
  spin_unlock(&dev->power.lock);
}

bool pm_runtime_get_if_active(vfio_pci_core_device* dev) {
  KFUNC();
  if (!has_runtime_pm()) return true;
  spin_lock(&dev->power.lock);
  const u32 status = dev->power.runtime_status;
  if (status == RPM_ACTIVE) atomic_inc(&dev->power.usage_count);
  spin_unlock(&dev->power.lock);
  return status == RPM_ACTIVE;
}

}  // namespace iorace::kern
