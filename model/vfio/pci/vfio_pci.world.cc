// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a bus without devices, and the process that all others are
// children of.
#include <new>

#include "model/vfio/pci/contracts.h"
#include "model/vfio/pci/vfio_pci_tables.h"

namespace iorace::kern {

// Devices may be added meanwhile; kept away from ThreadSanitizer by being out of line.
__attribute__((noinline, no_sanitize("thread"))) vfio_pci_core_device* vdev_called(u32 id) {
  const vfio_pci_world& w = *this_world().vfio_pci;
  return id == 0 || id > w.vdevs ? nullptr : w.vdev[id - 1];
}

namespace vfio_pci_tables {

void make(world& w) {
  auto* const mine = ::new (scratch(sizeof(vfio_pci_world))) vfio_pci_world{};
  w.vfio_pci = mine;
  mine->dev_set = iorace::make<vfio_device_set>();
  mutex_init(&mine->dev_set->lock);
  INIT_LIST_HEAD(&mine->dev_set->device_list);
  mine->process[mine->processes++] = {1, make_process()};
  mine->system_wq = alloc_workqueue("events", 0, 0);
}

static void close_device(vfio_pci_core_device* vdev) {
  vfio_pci_ioeventfd(vdev, 0, false);
  list_del(&vdev->dev_set_list);
  kfree(vdev);
}

void finish(world& w) {
  vfio_pci_world& mine = *w.vfio_pci;
  for (u32 i = 0; i < mine.vdevs; ++i) CONTRACT(tracking_settled, mine.vdev[i]);
  for (u32 i = 0; i < mine.processes; ++i) {
    vm_process* const mm = mine.process[i].mm;
    if (refcount_peek(&mm->mm_users) != 0) mmput(mm);
    kfree(mm);
  }
  for (u32 i = 0; i < mine.vdevs; ++i) close_device(mine.vdev[i]);
  destroy_workqueue(mine.system_wq);
  kfree(mine.dev_set);
}

}  // namespace vfio_pci_tables
}  // namespace iorace::kern
