// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device's state: whether its memory may be accessed, its power state, resets. Kernel:
// drivers/vfio/pci/vfio_pci_core.c, vfio_pci_intrs.c @ 6.12.117. Simplified: a reset changes no
// register. Low power is in vfio_pci_power.cc.
#include "model/bitfield.h"
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

// Each flag in a word of its own, or all of them as bits of one.
static constexpr flag_place flag_rows[][vdev_flags] = {
    {{0, 0}, {1, 0}},  // bytes
    {{0, 0}, {0, 1}},  // bits
};

static const flag_place& place_of(vdev_flag flag) {
  return flag_rows[chosen(knob::vfio_pci_flags)][flag];
}

bool vdev_flag_of(vfio_pci_core_device* vdev, vdev_flag flag) {
  return read_flag(vdev->flags, place_of(flag));
}

void set_vdev_flag(vfio_pci_core_device* vdev, vdev_flag flag, bool on) {
  write_flag(vdev->flags, place_of(flag), on);
}

static void init_device(vfio_pci_core_device* vdev, bool virtfn, bool reset_works) {
  mutex_init(&vdev->vma_lock);
  INIT_LIST_HEAD(&vdev->vma_list);
  init_rwsem(&vdev->memory_lock);
  address_space_init(&vdev->mapping);
  mutex_init(&vdev->igate);
  if (has_intx()) spin_lock_init(&vdev->irqlock);
  mutex_init(&vdev->device_lock);
  mutex_init(&vdev->ioeventfds_lock);
  spin_lock_init(&vdev->eventfd.wqh_lock);
  vdev->command = PCI_COMMAND_MEMORY;
  WRITE_ONCE(vdev->phys_command, PCI_COMMAND_MEMORY);
  vdev->no_command_memory = virtfn;
  vdev->reset_works = reset_works;
  pm_runtime_init(vdev);
}

UNSEEN static void note_device(vfio_pci_world& w, u32 number, vfio_pci_core_device* vdev) {
  w.vdev[number - 1] = vdev;
}

// A device is known by its descriptor, which stands for it where files cannot be closed.
static long add_device(vfio_pci_world& w, vfio_pci_core_device* vdev) {
  u32 fd = 0;
  mutex_lock(&w.dev_set->lock);
  const int rc = xa_alloc(&w.dev_set->files, &fd, XA_ZERO_ENTRY, xa_limit{vdevs_max, 1});
  if (rc == 0) {
    note_device(w, fd, vdev);
    vdev->number = fd;
    list_add_tail(&vdev->dev_set_list, &w.dev_set->device_list);
    if (!files_can_close()) xa_store(&w.dev_set->files, fd, vdev);
  }
  mutex_unlock(&w.dev_set->lock);
  return rc != 0 ? -EMFILE : static_cast<long>(fd);
}

// A virtual function's command register has no bit for memory.
long vfio_pci_probe(world& w, bool virtfn, bool reset_works) {
  KFUNC();
  auto* const vdev = kzalloc<vfio_pci_core_device>();
  if (vdev == nullptr) return -ENOMEM;
  init_device(vdev, virtfn, reset_works);
  const long number = add_device(*w.vfio_pci, vdev);
  if (number < 0) kfree(vdev);
  return number;
}

// Requires: memory_lock.
bool __vfio_pci_memory_enabled(vfio_pci_core_device* vdev) {
  KFUNC();
  const u32 cmd = vdev->command;
  const u32 state = vdev->current_state;
  if (state >= PCI_D3hot) return false;
  const bool no_command_memory = vdev->no_command_memory;
  return no_command_memory || (cmd & PCI_COMMAND_MEMORY) != 0;
}

void vfio_pci_set_power_state(vfio_pci_core_device* vdev, u32 state) {
  KFUNC();
  if (state > PCI_D0) lockdep_assert_held_write(&vdev->memory_lock);
  vdev->current_state = state;
}

// A device that is reset answers to nobody, whatever the user sees.
void __pci_reset_function_locked(vfio_pci_core_device* vdev) {
  KFUNC();
  CONTRACT(device_resets, vdev);
  PROBE(function_reset);
}

// It is awake, and does not answer from here on.
static u32 pci_dev_save_and_disable(vfio_pci_core_device* vdev) {
  KFUNC();
  if (vdev->current_state != PCI_D0) vdev->current_state = PCI_D0;
  const u32 cmd = READ_ONCE(vdev->phys_command);
  WRITE_ONCE(vdev->phys_command, PCI_COMMAND_INTX_DISABLE);
  return cmd;
}
static void pci_dev_restore(vfio_pci_core_device* vdev, u32 cmd) {
  KFUNC();
  WRITE_ONCE(vdev->phys_command, cmd);
}
void reset_and_restore(vfio_pci_core_device* vdev) {
  const u32 cmd = pci_dev_save_and_disable(vdev);
  __pci_reset_function_locked(vdev);
  pci_dev_restore(vdev, cmd);
}

// Fails if somebody else is resetting the device.
int pci_try_reset_function(vfio_pci_core_device* vdev) {
  KFUNC();
  if (!mutex_trylock(&vdev->device_lock)) return -EAGAIN;
  reset_and_restore(vdev);
  mutex_unlock(&vdev->device_lock);
  return 0;
}

int vfio_pci_ioctl_reset(vfio_pci_core_device* vdev) {
  KFUNC();
  const bool works = vdev->reset_works;
  if (!works) return -EINVAL;
  vfio_pci_zap_and_down_write_memory_lock(vdev);
  vfio_pci_set_power_state(vdev, PCI_D0);
  const int ret = pci_try_reset_function(vdev);
  up_write_memory_lock(vdev);
  return ret;
}

// Interrupts are set up with the device's own memory bit set, whatever the user sees.
static u32 vfio_pci_memory_lock_and_enable(vfio_pci_core_device* vdev) {
  KFUNC();
  down_write(&vdev->memory_lock);
  const u32 cmd = READ_ONCE(vdev->phys_command);
  if ((cmd & PCI_COMMAND_MEMORY) == 0) WRITE_ONCE(vdev->phys_command, cmd | PCI_COMMAND_MEMORY);
  return cmd;
}

static void vfio_pci_memory_unlock_and_restore(vfio_pci_core_device* vdev, u32 cmd) {
  KFUNC();
  WRITE_ONCE(vdev->phys_command, cmd);
  up_write_memory_lock(vdev);
}

// What becomes of the vectors does not matter here.
int vfio_pci_set_irqs(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&vdev->igate);
  const u32 cmd = vfio_pci_memory_lock_and_enable(vdev);
  const int ret = inject_fault("pci_alloc_irq_vectors") ? -ENOSPC : 0;
  vfio_pci_memory_unlock_and_restore(vdev, cmd);
  mutex_unlock(&vdev->igate);
  return ret;
}

}  // namespace iorace::kern
