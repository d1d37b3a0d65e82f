// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// INTx of a device: whether its user gets it, and who has masked it. Kernel:
// drivers/vfio/pci/vfio_pci_intrs.c @ 6.12.117. Without the limit intx no device has one.
//
// Lock order: igate -> irqlock.
#pragma once

#include "model/kernel.h"

namespace iorace::kern {

struct vfio_pci_core_device;

enum irq_type : u32 { IRQ_NONE, VFIO_PCI_INTX_IRQ_INDEX };

// Lives while INTx is enabled.
struct vfio_pci_irq_ctx {
  shared<bool> masked;  // irqlock
};
IORACE_DESCRIBE(vfio_pci_irq_ctx, "irq_ctx", masked);

enum intx_action : u64 { INTX_ENABLE, INTX_DISABLE, INTX_MASK, INTX_UNMASK, intx_actions };

bool has_intx();
// Returns 0, -EINVAL if there is none or it is not enabled, or -ENOMEM.
int vfio_pci_set_intx(vfio_pci_core_device* vdev, intx_action action);
// Return true iff it was not masked. The first requires igate.
bool __vfio_pci_intx_mask(vfio_pci_core_device* vdev);
bool vfio_pci_intx_mask(vfio_pci_core_device* vdev);
void __vfio_pci_intx_unmask(vfio_pci_core_device* vdev);
void vfio_pci_intx_unmask(vfio_pci_core_device* vdev);
// Of the last close, when nobody calls any more: without igate.
void disable_closed_intx(vfio_pci_core_device* vdev);

}  // namespace iorace::kern
