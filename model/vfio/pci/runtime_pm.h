// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Runtime power management of a device: it is suspended once nobody counts as its user, and resumed
// by the next one. Kernel: include/linux/pm_runtime.h @ 6.12.117. Without the limit runtime_pm all
// of it does nothing, as without CONFIG_PM.
#pragma once

#include "scheduler/sync/atomic.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/workqueue.h"

namespace iorace::kern {

struct vfio_pci_core_device;

enum rpm_status : u32 { RPM_ACTIVE, RPM_RESUMING, RPM_SUSPENDED, RPM_SUSPENDING };

// `lock` protects all but the count. Whoever changes the status drops it for the callback; others
// wait until that has ended.
struct dev_pm_info {
  spinlock_t lock;
  atomic_t usage_count;
  shared<u32> runtime_status;
  shared<bool> idle_requested;  // `request`
  shared<bool> request_pending;
  wait_queue_head_t wait_queue;
  work_struct work;
};
IORACE_DESCRIBE(dev_pm_info, "power", lock, usage_count, runtime_status, idle_requested,
                request_pending, wait_queue, work);

bool has_runtime_pm();
// The device is awake, and has a user where it is opened for good.
void pm_runtime_init(vfio_pci_core_device* dev);
void pm_runtime_get_noresume(vfio_pci_core_device* dev);
void pm_runtime_put_noidle(vfio_pci_core_device* dev);
// Counts as a user even if the resume fails. Blocks.
int pm_runtime_get_sync(vfio_pci_core_device* dev);
// Wakes it up, and counts nobody. Blocks.
int pm_runtime_resume(vfio_pci_core_device* dev);
// Returns 0 with the device awake until the put, or what the resume said. Blocks.
int pm_runtime_resume_and_get(vfio_pci_core_device* dev);
// The last user leaves it to a worker to suspend the device.
void pm_runtime_put(vfio_pci_core_device* dev);
// Counts as a user if the device is awake; does not block.
bool pm_runtime_get_if_active(vfio_pci_core_device* dev);

}  // namespace iorace::kern
