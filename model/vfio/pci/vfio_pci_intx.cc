// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/vfio/pci/vfio_pci_intrs.c @ 6.12.117. Simplified: no interrupt comes, so that it
// is masked by its user and the driver only; what is masked is not written to the device.
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

bool has_intx() { return limit_value(limit::intx) != 0; }

static bool is_intx(vfio_pci_core_device* vdev) {
  return vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX;
}

bool __vfio_pci_intx_mask(vfio_pci_core_device* vdev) {
  KFUNC();
  lockdep_assert_held(&vdev->igate);
  bool masked_changed = false;
  spin_lock(&vdev->irqlock);
  if (is_intx(vdev)) {
    vfio_pci_irq_ctx* const ctx = vdev->ctx;
    masked_changed = !ctx->masked;
    if (masked_changed) ctx->masked = true;
    CONTRACT(intx_masked, vdev);
  }
  spin_unlock(&vdev->irqlock);
  return masked_changed;
}

bool vfio_pci_intx_mask(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&vdev->igate);
  const bool mask_changed = __vfio_pci_intx_mask(vdev);
  mutex_unlock(&vdev->igate);
  return mask_changed;
}

static void vfio_pci_intx_unmask_handler(vfio_pci_core_device* vdev, vfio_pci_irq_ctx* ctx) {
  KFUNC();
  spin_lock(&vdev->irqlock);
  if (is_intx(vdev)) {
    const bool masked = ctx->masked;
    if (masked && !vdev_flag_of(vdev, virq_disabled)) {
      ctx->masked = false;
      CONTRACT(intx_unmasked, vdev);
    }
  }
  spin_unlock(&vdev->irqlock);
}

void __vfio_pci_intx_unmask(vfio_pci_core_device* vdev) {
  vfio_pci_irq_ctx* const ctx = vdev->ctx;
  lockdep_assert_held(&vdev->igate);
  vfio_pci_intx_unmask_handler(vdev, ctx);
}

void vfio_pci_intx_unmask(vfio_pci_core_device* vdev) {
  KFUNC();
  mutex_lock(&vdev->igate);
  __vfio_pci_intx_unmask(vdev);
  mutex_unlock(&vdev->igate);
}

static int vfio_intx_enable(vfio_pci_core_device* vdev) {
  KFUNC();
  auto* const ctx = kzalloc<vfio_pci_irq_ctx>();
  if (ctx == nullptr) return -ENOMEM;
  ctx->masked = vdev_flag_of(vdev, virq_disabled);
  vdev->ctx = ctx;
  vdev->irq_type = VFIO_PCI_INTX_IRQ_INDEX;
  CONTRACT(intx_enabled, vdev);
  return 0;
}

static void vfio_intx_disable(vfio_pci_core_device* vdev) {
  KFUNC();
  vfio_pci_irq_ctx* const ctx = vdev->ctx;
  vdev->ctx = nullptr;
  kfree(ctx);
  vdev->irq_type = IRQ_NONE;
}

// Another eventfd instead of the one that is there does not matter.
static int vfio_pci_set_intx_trigger(vfio_pci_core_device* vdev, bool enable) {
  KFUNC();
  const bool enabled = is_intx(vdev);
  if (enable) return enabled ? 0 : vfio_intx_enable(vdev);
  if (!enabled) return -EINVAL;
  vfio_intx_disable(vdev);
  return 0;
}

static int vfio_pci_set_intx_mask(vfio_pci_core_device* vdev, bool mask) {
  if (!is_intx(vdev)) return -EINVAL;
  if (mask)
    __vfio_pci_intx_mask(vdev);
  else
    __vfio_pci_intx_unmask(vdev);
  return 0;
}

static int set_intx(vfio_pci_core_device* vdev, intx_action action) {
  if (action == INTX_ENABLE || action == INTX_DISABLE)
    return vfio_pci_set_intx_trigger(vdev, action == INTX_ENABLE);
  return vfio_pci_set_intx_mask(vdev, action == INTX_MASK);
}

int vfio_pci_set_intx(vfio_pci_core_device* vdev, intx_action action) {
  KFUNC();
  if (!has_intx()) return -EINVAL;
  mutex_lock(&vdev->igate);
  const int ret = set_intx(vdev, action);
  mutex_unlock(&vdev->igate);
  return ret;
}

void disable_closed_intx(vfio_pci_core_device* vdev) {
  if (has_intx() && is_intx(vdev)) vfio_intx_disable(vdev);
}

}  // namespace iorace::kern
