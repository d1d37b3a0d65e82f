// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A reset of all devices on a bus. Several memory_locks cannot be waited for, as nobody says in
// what order: they are tried, and what has been taken is given back. The last close of all devices
// needs none, as nobody has one open. Kernel: drivers/vfio/pci/vfio_pci_core.c @ 6.12.117; 6.1 for
// the list. Simplified: a bus reset takes no locks of devices and succeeds.
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

// Gives back the locks of all devices in front of `end`, the last one first.
static void up_write_all(vfio_device_set* set, list_head* end) {
  for (list_head* at = list_prev(end); at != &set->device_list; at = list_prev(at))
    up_write_memory_lock(list_entry(at, vfio_pci_core_device, dev_set_list));
}

static void pci_reset_bus(vfio_device_set* set) {
  KFUNC();
  vfio_pci_core_device* vdev = nullptr;
  list_for_each_entry(vdev, &set->device_list, dev_set_list) reset_and_restore(vdev);
}

static void reset_locked_devices(vfio_device_set* set) {
  vfio_pci_core_device* vdev = nullptr;
  list_for_each_entry(vdev, &set->device_list, dev_set_list) vfio_pci_set_power_state(vdev, PCI_D0);
  pci_reset_bus(set);
}

static int hot_reset_by_inode(vfio_device_set* set, bool owned) {
  int ret = 0;
  vfio_pci_core_device* vdev = nullptr;
  list_for_each_entry(vdev, &set->device_list, dev_set_list) {
    if (!owned) {
      ret = -EINVAL;
      break;
    }
    if (!down_write_trylock(&vdev->memory_lock)) {
      PROBE(hot_reset_busy);
      ret = -EBUSY;
      break;
    }
    vfio_pci_zap_bars(vdev);
  }
  if (ret == 0) reset_locked_devices(set);
  up_write_all(set, &vdev->dev_set_list);
  return ret;
}

// All lists are emptied and kept so by vma_lock before the first memory_lock is tried: devices may
// share an mmap_lock. `vma_locks` and `memory_locks` count how many have been taken.
static int lock_all_tracked(vfio_device_set* set, bool owned, unsigned* vma_locks,
                            unsigned* memory_locks) {
  vfio_pci_core_device* vdev = nullptr;
  list_for_each_entry(vdev, &set->device_list, dev_set_list) {
    if (!owned) return -EINVAL;
    if (vfio_pci_zap_and_vma_lock(vdev, true) == 0) return -EBUSY;
    ++*vma_locks;
  }
  list_for_each_entry(vdev, &set->device_list, dev_set_list) {
    if (!down_write_trylock(&vdev->memory_lock)) return -EBUSY;
    ++*memory_locks;
    mutex_unlock(&vdev->vma_lock);
  }
  return 0;
}

static int hot_reset_by_list(vfio_device_set* set, bool owned) {
  unsigned vma_locks = 0;
  unsigned memory_locks = 0;
  const int ret = lock_all_tracked(set, owned, &vma_locks, &memory_locks);
  if (ret == -EBUSY) PROBE(hot_reset_busy);
  if (ret == 0) reset_locked_devices(set);
  unsigned i = 0;
  vfio_pci_core_device* vdev = nullptr;
  list_for_each_entry(vdev, &set->device_list, dev_set_list) {
    if (i < memory_locks)
      up_write_memory_lock(vdev);
    else if (i < vma_locks)
      mutex_unlock(&vdev->vma_lock);
    ++i;
  }
  return ret;
}

// Puts all devices in front of `end`.
static void put_all(vfio_device_set* set, list_head* end) {
  for (list_head* at = list_prev(end); at != &set->device_list; at = list_prev(at))
    pm_runtime_put(list_entry(at, vfio_pci_core_device, dev_set_list));
}

// Wakes up all devices, or none.
static int vfio_pci_dev_set_pm_runtime_get(vfio_device_set* set) {
  KFUNC();
  if (!has_runtime_pm()) return 0;
  vfio_pci_core_device* cur = nullptr;
  list_for_each_entry(cur, &set->device_list, dev_set_list) {
    const int ret = pm_runtime_resume_and_get(cur);
    if (ret == 0) continue;
    put_all(set, &cur->dev_set_list);
    return ret;
  }
  return 0;
}

static int hot_reset_awake(vfio_device_set* set, bool owned) {
  const int woken = vfio_pci_dev_set_pm_runtime_get(set);
  if (woken != 0) return woken;
  const int ret =
      vfio_pci_tracks_vmas() ? hot_reset_by_list(set, owned) : hot_reset_by_inode(set, owned);
  if (has_runtime_pm()) put_all(set, &set->device_list);
  return ret;
}

int vfio_pci_dev_set_hot_reset(vfio_device_set* dev_set, bool owned) {
  KFUNC();
  mutex_lock(&dev_set->lock);
  const int ret = hot_reset_awake(dev_set, owned);
  mutex_unlock(&dev_set->lock);
  return ret;
}

static u32 vfio_device_set_open_count(vfio_device_set* set) {
  KFUNC();
  lockdep_assert_held(&set->lock);
  u32 open_count = 0;
  vfio_pci_core_device* cur = nullptr;
  list_for_each_entry(cur, &set->device_list, dev_set_list) open_count += cur->open_count;
  return open_count;
}

// The one that is being closed counts.
static bool vfio_pci_dev_set_needs_reset(vfio_device_set* set) {
  KFUNC();
  if (!omit(knob::vfio_pci_dev_set_reset, OPEN_NOT_COUNTED) && vfio_device_set_open_count(set) > 1)
    return false;
  vfio_pci_core_device* cur = nullptr;
  list_for_each_entry(cur, &set->device_list, dev_set_list) {
    const bool needs_reset = cur->needs_reset;
    if (needs_reset) return true;
  }
  return false;
}

void vfio_pci_dev_set_try_reset(vfio_device_set* dev_set) {
  KFUNC();
  if (!vfio_pci_dev_set_needs_reset(dev_set)) return;
  if (vfio_pci_dev_set_pm_runtime_get(dev_set) != 0) return;
  pci_reset_bus(dev_set);
  PROBE(bus_reset_by_close);
  vfio_pci_core_device* cur = nullptr;
  list_for_each_entry(cur, &dev_set->device_list, dev_set_list) {
    cur->needs_reset = false;
    pm_runtime_put(cur);
  }
}

}  // namespace iorace::kern
