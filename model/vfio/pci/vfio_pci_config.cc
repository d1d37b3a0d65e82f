// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Writes to config space that decide whether memory may be accessed. Kernel:
// drivers/vfio/pci/vfio_pci_config.c @ 6.12.117. Simplified: no I/O ports, and no registers to be
// restored after a reset behind the driver's back.
#include "model/critical_section.h"
#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

enum config_site : unsigned { before_command, after_command, after_intx, after_unlock };
enum class config_lock : u8 { memory_lock };
using config_row = section_row<config_lock>;
struct config_locks {
  vfio_pci_core_device* vdev;
  int enter(config_lock) const { return 0; }  // the flow has
  void leave(config_lock) const { up_write_memory_lock(vdev); }
};
static constexpr config_row config_rows[] = {
    {config_lock::memory_lock, on(), on(after_command)},  // after_unlock
    {config_lock::memory_lock, on(), on(after_intx)},     // locked
};

// To the device, and what is virtual to what the user sees.
static void vfio_default_config_write(vfio_pci_core_device* vdev, u32 val) {
  KFUNC();
  const u32 virt_val = vdev->command;
  vdev->command = (virt_val & ~u32{PCI_COMMAND_INTX_DISABLE}) | (val & PCI_COMMAND_INTX_DISABLE);
  WRITE_ONCE(vdev->phys_command, val);
}

// INTx is masked under igate, outside of memory_lock: who wants both begins with igate.
enum class intx_lock : u8 { none, igate };
struct intx_locks {
  vfio_pci_core_device* vdev;
  int enter(intx_lock) const {
    if (has_intx()) mutex_lock(&vdev->igate);
    return 0;
  }
  void leave(intx_lock) const {
    if (has_intx()) mutex_unlock(&vdev->igate);
  }
};
static constexpr section_row<intx_lock> intx_rows[] = {
    {intx_lock::none, on(), on()},                             // after_unlock
    {intx_lock::igate, on(before_command), on(after_unlock)},  // locked
};
struct intx_functions {
  bool (*mask)(vfio_pci_core_device*);
  void (*unmask)(vfio_pci_core_device*);
};
static constexpr intx_functions intx_function_rows[] = {
    {vfio_pci_intx_mask, vfio_pci_intx_unmask},      // after_unlock
    {__vfio_pci_intx_mask, __vfio_pci_intx_unmask},  // locked
};

static void emulate_intx_disable(vfio_pci_core_device* vdev) {
  const u32 cmd = vdev->command;
  const bool disable = (cmd & PCI_COMMAND_INTX_DISABLE) != 0;
  if (vdev_flag_of(vdev, virq_disabled) == disable) return;
  set_vdev_flag(vdev, virq_disabled, disable);
  if (!has_intx()) return;
  const intx_functions& intx = intx_function_rows[chosen(knob::config_write_intx)];
  if (disable)
    intx.mask(vdev);
  else
    intx.unmask(vdev);
}

int vfio_basic_config_write(vfio_pci_core_device* vdev, u32 new_cmd) {
  KFUNC();
  section<intx_lock, intx_locks> igate(intx_rows[chosen(knob::config_write_intx)], {vdev});
  igate.at(before_command);
  if ((new_cmd & PCI_COMMAND_MEMORY) == 0)
    vfio_pci_zap_and_down_write_memory_lock(vdev);
  else
    down_write(&vdev->memory_lock);
  section<config_lock, config_locks> cs(config_rows[chosen(knob::config_write_intx)], {vdev}, true);
  vfio_default_config_write(vdev, new_cmd);
  const u32 virt_cmd = vdev->command;
  vdev->command = (virt_cmd & ~u32{PCI_COMMAND_MEMORY}) | (new_cmd & PCI_COMMAND_MEMORY);
  cs.at(after_command);
  emulate_intx_disable(vdev);
  cs.at(after_intx);
  igate.at(after_unlock);
  return 0;
}

static void vfio_lock_and_set_power_state(vfio_pci_core_device* vdev, u32 state) {
  KFUNC();
  if (state >= PCI_D3hot)
    vfio_pci_zap_and_down_write_memory_lock(vdev);
  else
    down_write(&vdev->memory_lock);
  vfio_pci_set_power_state(vdev, state);
  up_write_memory_lock(vdev);
}

enum flr_site : unsigned { before_reset, after_reset };
enum class flr_lock : u8 { none, zapped };
struct flr_locks {
  vfio_pci_core_device* vdev;
  int enter(flr_lock kind) const {
    if (kind == flr_lock::zapped) vfio_pci_zap_and_down_write_memory_lock(vdev);
    return 0;
  }
  void leave(flr_lock kind) const {
    if (kind == flr_lock::zapped) up_write_memory_lock(vdev);
  }
};
static constexpr section_row<flr_lock> flr_rows[] = {
    {flr_lock::zapped, on(before_reset), on(after_reset)},  // locked
    {flr_lock::none, on(), on()},                           // unlocked
};

static void reset_by_config_write(vfio_pci_core_device* vdev) {
  section<flr_lock, flr_locks> cs(flr_rows[chosen(knob::vfio_exp_config_write_lock)], {vdev});
  cs.at(before_reset);
  pci_try_reset_function(vdev);
  cs.at(after_reset);
}

static int vfio_exp_config_write(vfio_pci_core_device* vdev) {
  KFUNC();
  if (vdev->reset_works) reset_by_config_write(vdev);
  return 0;
}
static int vfio_af_config_write(vfio_pci_core_device* vdev) {
  KFUNC();
  if (vdev->reset_works) reset_by_config_write(vdev);
  return 0;
}
// The bit reads as zero, and nobody is told whether the device has been reset.
int vfio_flr_config_write(vfio_pci_core_device* vdev, bool advanced_features) {
  return advanced_features ? vfio_af_config_write(vdev) : vfio_exp_config_write(vdev);
}

int vfio_pm_config_write(vfio_pci_core_device* vdev, u32 state) {
  KFUNC();
  vfio_lock_and_set_power_state(vdev, state);
  return 0;
}

}  // namespace iorace::kern
