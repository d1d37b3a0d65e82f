// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The moments at which the chapter's invariants may be judged; see contracts.cc.
#pragma once

#include "model/mm/moments.h"
#include "model/vfio/pci/vfio_pci_priv.h"

namespace iorace::kern::contract {

void memory_lock_released(const vfio_pci_core_device* vdev);
void process_forked(const vm_process* mm);
void fault_looked(const vm_area_struct* vma);
// The device answers to nobody; is closed.
void device_resets(const vfio_pci_core_device* vdev);
void device_was_closed(const vfio_pci_core_device* vdev);
void mmio_done(const vfio_pci_core_device* vdev, bool decodes);
// The bus is about to put it to sleep.
void device_falls_asleep(const vfio_pci_core_device* vdev);
// INTx has been enabled; is masked; is not masked any more.
void intx_enabled(const vfio_pci_core_device* vdev);
void intx_masked(const vfio_pci_core_device* vdev);
void intx_unmasked(const vfio_pci_core_device* vdev);
void tracking_settled(const vfio_pci_core_device* vdev);

}  // namespace iorace::kern::contract
