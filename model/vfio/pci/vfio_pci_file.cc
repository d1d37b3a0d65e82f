// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Files of devices, which come to their end when the descriptor, the calls and the areas that use
// them have, and what the last close does. Kernel: drivers/vfio/vfio_main.c,
// drivers/vfio/pci/vfio_pci_core.c @ 6.12.117. Simplified: a device is opened once; no vectors, no
// state that is restored; the bus is reset by hot resets only.
#include "model/critical_section.h"
#include "model/iommufd/file.h"
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

static vfio_device_set* the_set() { return this_world().vfio_pci->dev_set; }

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

void* open_vdev_file(vfio_pci_core_device* vdev) {
  if (!files_can_close()) return vdev;
  file* const filp = alloc_file(file_kind::vfio_pci, vdev);
  return IS_ERR(filp) ? nullptr : filp;
}
void put_unused_file(void* opened) {
  if (opened != nullptr && files_can_close()) kfree(opened);
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

enum power_site : unsigned { before_power, after_power };
enum class power_lock : u8 { none, memory_lock };
struct power_locks {
  vfio_pci_core_device* vdev;
  int enter(power_lock) const {
    down_write(&vdev->memory_lock);
    return 0;
  }
  void leave(power_lock) const { up_write_memory_lock(vdev); }
};
static constexpr section_row<power_lock> power_rows[] = {
    {power_lock::none, on(), on()},                                // unlocked
    {power_lock::memory_lock, on(before_power), on(after_power)},  // locked
};

// A device whose user has put it to sleep is wanted awake.
static void set_power_state_awake(vfio_pci_core_device* vdev) {
  section<power_lock, power_locks> cs(power_rows[chosen(knob::vfio_pci_disable_power)], {vdev});
  cs.at(before_power);
  if (vdev->current_state != PCI_D0) vfio_pci_set_power_state(vdev, PCI_D0);
  cs.at(after_power);
}

// Nobody calls any more, so that no lock is taken; the eventfd may be signalled to the end.
static void disable_ioeventfds(vfio_pci_core_device* vdev) {
  virqfd* const irqfd = vdev->eventfd.wait;
  if (irqfd != nullptr) virqfd_shutdown(irqfd, &vdev->eventfd);
}

// The device's lock may not be to be had, and then it is not reset.
static void reset_closed(vfio_pci_core_device* vdev) {
  WRITE_ONCE(vdev->phys_command, PCI_COMMAND_INTX_DISABLE);
  if (vdev->reset_works && mutex_trylock(&vdev->device_lock)) {
    __pci_reset_function_locked(vdev);
    mutex_unlock(&vdev->device_lock);
  }
}

static void vfio_pci_core_disable(vfio_pci_core_device* vdev) {
  KFUNC();
  lockdep_assert_held(&the_set()->lock);
  vfio_pci_runtime_pm_exit(vdev);
  pm_runtime_resume(vdev);
  set_power_state_awake(vdev);
  disable_ioeventfds(vdev);
  set_vdev_flag(vdev, virq_disabled, false);
  reset_closed(vdev);
  vdev->closed = true;
  CONTRACT(device_was_closed, vdev);
  PROBE(device_closed);
  pm_runtime_put(vdev);
}

static void vfio_pci_core_close_device(vfio_pci_core_device* vdev) {
  KFUNC();
  vfio_pci_core_disable(vdev);
}

void vfio_device_fops_release(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&the_set()->lock);
  vfio_pci_core_close_device(vdev);
  mutex_unlock(&the_set()->lock);
}

vfio_pci_core_device* vdev_of_bus(u32 number) {
  if (!files_can_close())
    return static_cast<vfio_pci_core_device*>(xa_load(&the_set()->files, number));
  return number == 0 || number > vdevs_max ? nullptr : this_world().vfio_pci->vdev[number - 1];
}

}  // namespace iorace::kern
