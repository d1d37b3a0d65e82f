// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver core: it binds and unbinds under the lock of the device, and takes a device away after
// its driver. Kernel: drivers/base/{dd,core}.c, drivers/vfio/vfio_main.c @ 6.12.117.
#include "model/hw/dma.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace::kern {

void vfio_device_set_group(device* dev);
void vfio_device_remove_group(device* dev);
int vfio_cdev_close(device* dev);

namespace {

// The lock of the device, once whoever probes it has ended: drivers bind to what is added.
void device_lock(device* dev) {
  down_write(&dev->life);
  mutex_lock(&dev->lock);
}
void device_unlock(device* dev) {
  mutex_unlock(&dev->lock);
  up_write(&dev->life);
}

// Under the device's lock, for a driver that is bound. Returns Body's result, or -ENODEV.
template <class Body>
int of_bound(device* dev, u64 driver, Body body) {
  device_lock(dev);
  const u64 bound = dev->driver;
  const int rc = bound == driver ? body() : -ENODEV;
  device_unlock(dev);
  return rc;
}

void detach_own(device* dev) {
  core_domain* const own = dev->own;
  iommu_detach_device(own, dev);
  dev->own = nullptr;
  iommu_domain_free(own);
}

void detach_own_pasid(device* dev) {
  core_domain* const own = dev->own_pasid;
  iommu_detach_device_pasid(own, dev, 1);
  dev->own_pasid = nullptr;
  iommu_domain_free(own);
}

// However the user has opened it.
void request_close(device* dev) {
  if (vfio_close(dev) != 0 && this_world().idev != nullptr) vfio_cdev_close(dev);
}

// Waits for the last user of a device that VFIO drives. The user honours each request
// to close; they come every ten seconds, which pass when nothing else can move.
void vfio_unregister_group_dev(device* dev) {
  KFUNC();
  const bool last = refcount_dec_and_test(&dev->registered);
  if (!last) {
    do {
      request_close(dev);
    } while (wait_for_completion_timeout(&dev->comp, 10 * HZ) == 0);
  }
  while (dev->claimed.load(op_kind::read) != 0) {
    iommu_device_release_dma_owner(dev);
    dev->claimed--;
  }
  vfio_device_remove_group(dev);
}

// Requires: the device's lock.
void device_release_driver(device* dev) {
  KFUNC();
  const u64 driver = dev->driver;
  if (driver == BOUND_KERNEL) {
    core_domain* const own = dev->own;
    if (own != nullptr) detach_own(dev);
    core_domain* const own_pasid = dev->own_pasid;
    if (own_pasid != nullptr) detach_own_pasid(dev);
    iommu_device_unuse_default_domain(dev);
  }
  if (driver == BOUND_VFIO) vfio_unregister_group_dev(dev);
  dev->driver = BOUND_NONE;
}

// Requires: the device's lock. Returns 0, -ENODEV or -EBUSY.
int may_bind(device* dev) {
  const u64 gone = dev->removed;
  if (gone != 0) return -ENODEV;
  const u64 driver = dev->driver;
  return driver != BOUND_NONE ? -EBUSY : 0;
}

}  // namespace

// Runs `probe` on a device that is there and has no driver yet; else returns -ENODEV or -EBUSY.
static int probe_unbound(device* dev, int (*probe)(device*)) {
  down_read(&dev->life);
  const u64 gone = dev->removed;
  const u64 driver = dev->driver;
  int rc = gone != 0 ? -ENODEV : -EBUSY;
  if (gone == 0 && driver == BOUND_NONE) rc = probe(dev);
  up_read(&dev->life);
  return rc;
}

int device_probe_flow(device* dev) {
  KFUNC();
  return probe_unbound(dev, iommu_probe_device);
}

int device_configure(device* dev) {
  KFUNC();
  return probe_unbound(dev, of_iommu_configure);
}

int driver_bind(device* dev) {
  KFUNC();
  device_lock(dev);
  int rc = may_bind(dev);
  if (rc == 0) rc = iommu_device_use_default_domain(dev);
  if (rc == 0) dev->driver = BOUND_KERNEL;
  device_unlock(dev);
  return rc;
}

// A driver that manages DMA on its own: it does not use the default domain.
int vfio_bind(device* dev) {
  KFUNC();
  device_lock(dev);
  int rc = may_bind(dev);
  if (rc == 0 && dev->iommu_group.load(op_kind::read) == nullptr) rc = -EINVAL;
  if (rc == 0) {
    vfio_device_set_group(dev);
    init_completion(&dev->comp);
    refcount_set(&dev->registered, 1);
    dev->driver = BOUND_VFIO;
  }
  device_unlock(dev);
  return rc;
}

int driver_unbind(device* dev) {
  KFUNC();
  device_lock(dev);
  const u64 driver = dev->driver;
  if (driver != BOUND_NONE) device_release_driver(dev);
  device_unlock(dev);
  return driver == BOUND_NONE ? -ENODEV : 0;
}

int device_del(device* dev) {
  KFUNC();
  device_lock(dev);
  const u64 gone = dev->removed;
  if (gone == 0) {
    const u64 driver = dev->driver;
    if (driver != BOUND_NONE) device_release_driver(dev);
    dev->removed = 1;
  }
  mutex_unlock(&dev->lock);
  if (gone == 0) iommu_release_device(dev);
  up_write(&dev->life);
  return gone != 0 ? -ENODEV : 0;
}

// Attaches a domain of the driver's own, which it keeps in `own`.
template <class Attach>
static int attach_new(device* dev, shared<core_domain*>& own, Attach attach) {
  core_domain* const already = own;
  if (already != nullptr) return -EBUSY;
  core_domain* const domain = iommu_paging_domain_alloc(dev, IOMMU_DOMAIN_UNMANAGED);
  if (IS_ERR(domain)) return static_cast<int>(PTR_ERR(domain));
  const int rc = attach(domain);
  if (rc == 0)
    own = domain;
  else
    iommu_domain_free(domain);
  return rc;
}

int driver_attach_own(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_KERNEL, [dev] {
    return attach_new(dev, dev->own,
                      [dev](core_domain* domain) { return iommu_attach_device(domain, dev); });
  });
}

int driver_detach_own(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_KERNEL, [dev] {
    core_domain* const own = dev->own;
    if (own == nullptr) return -EINVAL;
    detach_own(dev);
    return 0;
  });
}

int driver_attach_pasid(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_KERNEL, [dev] {
    if ((dev->flags.peek() & DEVICE_PASID) == 0) return -EOPNOTSUPP;
    return attach_new(dev, dev->own_pasid, [dev](core_domain* domain) {
      return iommu_attach_device_pasid(domain, dev, 1);
    });
  });
}

int driver_detach_pasid(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_KERNEL, [dev] {
    core_domain* const own = dev->own_pasid;
    if (own == nullptr) return -EINVAL;
    detach_own_pasid(dev);
    return 0;
  });
}

// While the device is reset, its own lock is held.
int device_reset(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_VFIO, [dev] {
    const int rc = pci_dev_reset_iommu_prepare(dev);
    if (rc == 0) pci_dev_reset_iommu_done(dev);
    return rc;
  });
}

int driver_claim(device* dev, u64 owner) {
  KFUNC();
  return of_bound(dev, BOUND_VFIO, [dev, owner] {
    const int rc = iommu_device_claim_dma_owner(dev, owner);
    if (rc == 0) dev->claimed++;
    return rc;
  });
}

int driver_unclaim(device* dev) {
  KFUNC();
  return of_bound(dev, BOUND_VFIO, [dev] {
    const u64 claimed = dev->claimed;
    if (claimed == 0) return -EINVAL;
    iommu_device_release_dma_owner(dev);
    dev->claimed = claimed - 1;
    return 0;
  });
}

int group_store_type(device* dev, u64 type) {
  KFUNC();
  device_lock(dev);
  const u64 gone = dev->removed;
  iommu_group* const group = gone != 0 ? nullptr : dev->iommu_group.load(op_kind::read);
  if (group != nullptr) iommu_group_get(group);
  device_unlock(dev);
  if (group == nullptr) return -ENODEV;
  const int rc = iommu_group_store_type(group, type);
  iommu_group_put(group);
  return rc;
}

int device_dma(device* dev) {
  KFUNC();
  return dma_access(dev->endpoint.peek(), IOMMU_NO_PASID, vfio_iova, true);
}

}  // namespace iorace::kern
