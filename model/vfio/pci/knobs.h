// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in vfio_pci.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/iommu/knobs.h"

namespace iorace::kern {

namespace knob {
enum vfio_pci_id : unsigned {
  vfio_pci_before = iommu_count - 1,
  vfio_pci_fault,
  vfio_pci_fault_check,
  vfio_pci_zap_bars,
  vfio_pci_zap_lock,
  vfio_pci_zap_vmas,
  remap_pfn_range_error,
  dup_mmap_link,
  vfio_pci_iowrite_check,
  vfio_pci_ioeventfd_lock,
  vfio_pci_flags,
  config_write_intx,
  copy_huge_pmd_read,
  vfio_pci_fault_power,
  vfio_pci_ioeventfd_power,
  vfio_device_ioctl_power,
  vfio_pci_zap_mmput,
  vfio_exp_config_write_lock,
  dup_mmap_file,
  vfio_pci_disable_power,
  vfio_pci_dev_set_reset,
  vfio_pci_suspend_intx,
  vfio_pci_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned {
  FAULT_PAGE,
  FAULT_REMAP_UNLOCKED,
  FAULT_REMAP_LOCKED,
  FAULT_SKIP_LISTED,
  FAULT_INSERT_ALL,
  FAULT_SKIP_TRACKED,
  FAULT_ZAP_ON_ADD,
  FAULT_ZAP_ON_FAILURE,
  FAULT_FORK_OPENS_FIRST,
  FAULT_PREFILL,
  FAULT_VALUES
};
enum : unsigned { CHECK_LOCKED, CHECK_BEFORE_LOCK, CHECK_LOCK_DROPPED };
enum : unsigned { BARS_ZAPPED, BARS_LEFT };
enum : unsigned { ZAP_LOCKED, ZAP_BEFORE_LOCK };
enum : unsigned { MEMORY_LOCK_INNER, MEMORY_LOCK_OUTER };
enum : unsigned { REMAP_ZAPPED, REMAP_LEFT_HALF };
enum : unsigned { LINK_BEFORE_COPY, LINK_AFTER_COPY };
enum : unsigned { IO_CHECKED, IO_UNCHECKED };
enum : unsigned { IOEVENTFD_TRYLOCK, IOEVENTFD_SLEEPS };
enum : unsigned { FLAGS_BYTES, FLAGS_BITS };
enum : unsigned { INTX_AFTER_UNLOCK, INTX_LOCKED };
enum : unsigned { FAULT_ASKS_POWER, FAULT_IGNORES_POWER };
enum : unsigned { IOEVENTFD_ASLEEP, IOEVENTFD_AWAKE };
enum : unsigned { MMPUT_ASYNC, MMPUT_IN_PLACE };
enum : unsigned { IOCTL_AWAKE, IOCTL_ASLEEP };
enum : unsigned { COPY_READS_BEFORE, COPY_READS_LOCKED };
enum : unsigned { FLR_LOCKED, FLR_UNLOCKED };
enum : unsigned { CHILD_COUNTED, CHILD_NOT_COUNTED };
enum : unsigned { DISABLE_UNLOCKED, DISABLE_LOCKED };
enum : unsigned { OPEN_COUNTED, OPEN_NOT_COUNTED };
enum : unsigned { SUSPEND_MASKS_INTX, SUSPEND_LEAVES_INTX, RESUME_UNMASKS_INTX };

namespace limit {
enum vfio_pci_id : unsigned {
  vfio_pci_before = iommu_count - 1,
  huge_pfnmap,
  access_repeats,
  runtime_pm,
  device_close,
  intx,
  vfio_pci_count
};
}  // namespace limit

namespace probe {
enum vfio_pci_id : unsigned {
  vfio_pci_before = iommu_count - 1,
  fault_refused,
  fault_found_page,
  fault_out_of_memory,
  fault_met_tracked,
  fault_unwound,
  bars_zapped,
  vmas_zapped,
  vma_of_dead_process,
  hot_reset_busy,
  mmio_refused,
  ioeventfd_deferred,
  process_gone,
  fork_unwound,
  vma_split,
  huge_entry_split,
  huge_entry_copied,
  device_suspended,
  device_resumed,
  power_change_awaited,
  wake_up_told,
  device_closed,
  closed_by_an_area,
  function_reset,
  bus_reset_by_close,
  vfio_pci_count
};
}  // namespace probe

}  // namespace iorace::kern
