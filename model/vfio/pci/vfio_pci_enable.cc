// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The first open of a device and its last close. Kernel: drivers/vfio/pci/vfio_pci_core.c
// @ 6.12.117. Simplified: no vectors and bridges; of the configuration the command register only;
// whether a function can be reset is known from the start.
#include "model/critical_section.h"
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

static void pci_enable_device(vfio_pci_core_device* vdev) {
  KFUNC();
  WRITE_ONCE(vdev->phys_command, READ_ONCE(vdev->phys_command) | PCI_COMMAND_MEMORY);
}

// Null for want of memory: then nothing is restored.
static pci_saved_state* pci_store_saved_state(vfio_pci_core_device* vdev) {
  KFUNC();
  auto* const state = kzalloc<pci_saved_state>();
  if (state != nullptr) state->command = READ_ONCE(vdev->phys_command);
  return state;
}

static void pci_restore_state(vfio_pci_core_device* vdev, u32 cmd) {
  KFUNC();
  WRITE_ONCE(vdev->phys_command, cmd);
}

static void allow_intx(vfio_pci_core_device* vdev) {
  const u32 cmd = READ_ONCE(vdev->phys_command);
  if ((cmd & PCI_COMMAND_INTX_DISABLE) != 0)
    WRITE_ONCE(vdev->phys_command, cmd & ~u32{PCI_COMMAND_INTX_DISABLE});
}

// What the user sees from now on.
static int vfio_config_init(vfio_pci_core_device* vdev) {
  KFUNC();
  if (inject_fault("vfio_config_init")) return -ENOMEM;
  const u32 cmd = READ_ONCE(vdev->phys_command);
  const bool no_command_memory = vdev->no_command_memory;
  vdev->command = no_command_memory ? cmd | PCI_COMMAND_MEMORY : cmd;
  return 0;
}

static int enable_awake(vfio_pci_core_device* vdev) {
  pci_enable_device(vdev);
  const bool works = vdev->reset_works;
  if (works && pci_try_reset_function(vdev) != 0) return -EAGAIN;
  pci_saved_state* const saved = pci_store_saved_state(vdev);
  vdev->saved_state = saved;
  allow_intx(vdev);
  const int ret = vfio_config_init(vdev);
  if (ret == 0) return 0;
  if (saved != nullptr) kfree(saved);
  vdev->saved_state = nullptr;
  return ret;
}

int vfio_pci_core_enable(vfio_pci_core_device* vdev) {
  KFUNC();
  int ret = pm_runtime_resume_and_get(vdev);
  if (ret < 0) return ret;
  ret = enable_awake(vdev);
  if (ret != 0) pm_runtime_put(vdev);
  return ret;
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
void disable_ioeventfds(vfio_pci_core_device* vdev) {
  virqfd* const irqfd = vdev->eventfd.wait;
  if (irqfd != nullptr) virqfd_shutdown(irqfd, &vdev->eventfd);
}

// The device's lock may not be to be had, and then it is not reset.
static void reset_function(vfio_pci_core_device* vdev) {
  const bool works = vdev->reset_works;
  if (!works || !mutex_trylock(&vdev->device_lock)) return;
  __pci_reset_function_locked(vdev);
  vdev->needs_reset = false;
  mutex_unlock(&vdev->device_lock);
}

static void reset_and_restore_saved(vfio_pci_core_device* vdev) {
  pci_saved_state* const saved = vdev->saved_state;
  u32 cmd = PCI_COMMAND_INTX_DISABLE;
  if (saved != nullptr) {
    cmd = saved->command;
    kfree(saved);
    vdev->saved_state = nullptr;
  }
  WRITE_ONCE(vdev->phys_command, PCI_COMMAND_INTX_DISABLE);
  reset_function(vdev);
  if (saved != nullptr) pci_restore_state(vdev, cmd);
}

void vfio_pci_core_disable(vfio_pci_core_device* vdev) {
  KFUNC();
  lockdep_assert_held(&the_set()->lock);
  vfio_pci_runtime_pm_exit(vdev);
  pm_runtime_resume(vdev);
  set_power_state_awake(vdev);
  disable_closed_intx(vdev);
  disable_ioeventfds(vdev);
  set_vdev_flag(vdev, virq_disabled, false);
  vdev->needs_reset = true;
  reset_and_restore_saved(vdev);
  CONTRACT(device_was_closed, vdev);
  PROBE(device_closed);
  vfio_pci_dev_set_try_reset(the_set());
  pm_runtime_put(vdev);
}

}  // namespace iorace::kern
