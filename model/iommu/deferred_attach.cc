// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// After a crash devices may still do what they were told: their attach to the default domain waits
// until a driver maps memory for DMA, which takes no lock of the core.
// Kernel: drivers/iommu/iommu.c, drivers/iommu/dma-iommu.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Simplified: a static branch per device instead of one per kernel.
bool may_be_deferred(const device* dev) { return (dev->flags.peek() & DEVICE_DEFERRED) != 0; }

enum deferred_site : unsigned { deferred_begin, deferred_end };
constexpr cs_row deferred_rows[] = {
    {lock_kind::none, on(), on()},                             // DEFERRED_UNLOCKED
    {lock_kind::mutex, on(deferred_begin), on(deferred_end)},  // DEFERRED_LOCKED
};

}  // namespace

bool attach_is_deferred(device* dev) {
  if (!may_be_deferred(dev)) return false;
  const dev_iommu* const param = dev->iommu;
  return param->attach_deferred.load(op_kind::read) != 0;
}

int __iommu_attach_device(core_domain* domain, device* dev, core_domain* old) {
  KFUNC();
  const int rc = driver_attach_dev(domain, dev, old);
  if (rc != 0 || !may_be_deferred(dev)) return rc;
  dev_iommu* const param = dev->iommu;
  param->attach_deferred = 0;
  return 0;
}

int iommu_deferred_attach(device* dev, core_domain* domain) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  critical_section cs(deferred_rows[chosen(knob::deferred_attach_lock)],
                      {.sleeping = &group->mutex});
  cs.at(deferred_begin);
  const int rc = attach_is_deferred(dev) ? __iommu_attach_device(domain, dev, nullptr) : 0;
  cs.at(deferred_end);
  return rc;
}

// Whoever maps keeps its driver, and maps on as many CPUs as it likes. Of the mapping only the
// attach is modelled: a device without a default domain does DMA without the core.
int driver_map_dma(device* dev) {
  KFUNC();
  int rc = -ENODEV;
  down_read(&dev->life);
  const u64 driver = dev->driver;
  if (driver == BOUND_KERNEL) {
    iommu_group* const group = dev->iommu_group;
    core_domain* const domain =
        group == nullptr ? nullptr : group->default_domain.load(op_kind::read);
    rc = domain != nullptr && may_be_deferred(dev) ? iommu_deferred_attach(dev, domain) : 0;
  }
  up_read(&dev->life);
  return rc;
}

}  // namespace iorace::kern
