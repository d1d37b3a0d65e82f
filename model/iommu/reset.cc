// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device is reset while its group may change domains. 6.12.117 does nothing about that; later
// kernels put a fence up: the device is blocked, and nobody changes domains meanwhile.
// Kernel: drivers/iommu/iommu.c @ 7.0, and its repair 5474e6e17a26.
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

constexpr bool fence_rows[] = {
    false,  // FENCE_NONE
    true,   // FENCE_REJECTS_ALL
    true,   // FENCE_NOFAIL_PASSES
};
bool has_fence() { return fence_rows[chosen(knob::reset_fence)]; }

int prepare(iommu_group* group, device* dev) {
  KFUNC();
  const core_domain* const already = group->resetting_domain;
  if (already != nullptr) return -EBUSY;
  int rc = __iommu_group_alloc_blocking_domain(group);
  if (rc != 0) return rc;
  core_domain* const blocking = group->blocking_domain;
  core_domain* const domain = group->domain;
  if (domain != blocking) rc = __iommu_attach_device(blocking, dev, domain);
  if (rc != 0) return rc;
  group->resetting_domain = blocking;
  dev_iommu* const param = dev->iommu;
  param->resetting = 1;
  return 0;
}

}  // namespace

int pci_dev_reset_iommu_prepare(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (!has_fence() || group == nullptr) return 0;
  mutex_lock(&group->mutex);
  const int rc = prepare(group, dev);
  mutex_unlock(&group->mutex);
  return rc;
}

void pci_dev_reset_iommu_done(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (!has_fence() || group == nullptr) return;
  mutex_lock(&group->mutex);
  core_domain* const blocking = group->resetting_domain;
  core_domain* const domain = group->domain;
  if (domain != blocking) WARN_ON(__iommu_attach_device(domain, dev, blocking) != 0);
  group->resetting_domain = nullptr;
  dev_iommu* const param = dev->iommu;
  param->resetting = 0;
  mutex_unlock(&group->mutex);
}

}  // namespace iorace::kern
