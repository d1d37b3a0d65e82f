// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How VFIO uses groups, and what the driver core does around it. Kernel: drivers/vfio/group.c,
// drivers/vfio/container.c, drivers/vfio/vfio_main.c, drivers/base/dd.c @ 6.12.117.
#pragma once

#include "model/iommu/iommu.h"

namespace iorace::kern {

constexpr u64 OWNER_VFIO = 1;

// struct vfio_group. Simplified: lives as long as the execution, so that files need no reference;
// what has a lifetime here is its pointer to the group of the core.
struct vfio_iommu_group {
  mutex group_lock;
  shared<iommu_group*> group;   // null while no device is registered
  shared<core_domain*> domain;  // of the container, which is its own; null: none is set
  shared<dma_page*> page;       // the one page that the user has mapped
  shared<u64> devices, container_users;
  shared<u64> cdev_device_open_cnt;  // of devices that have a user each
};
IORACE_DESCRIBE(vfio_iommu_group, "vgroup", group_lock, group, domain, page, devices,
                container_users, cdev_device_open_cnt);

// Drivers bind and unbind. Return 0 or the error.
int driver_bind(device* dev);
int driver_unbind(device* dev);
int vfio_bind(device* dev);
// Unbinds whatever is bound and takes the device away.
int device_del(device* dev);

// The user of a device: sets and unsets a container for its group, opens and closes it.
int vfio_set_container(device* dev);
int vfio_unset_container(device* dev);
// Maps a page of the user's at vfio_iova, or takes it away.
constexpr u64 vfio_iova = 0x1000;
// Where the platform answers devices whose flags say so (DEVICE_RESERVED).
constexpr u64 platform_iova = 0x2000;
int vfio_group_map_dma(device* dev);
int vfio_group_unmap_dma(device* dev);
int vfio_open(device* dev);
int vfio_close(device* dev);
// Devices of the group are used one by one: it can have no container meanwhile. Returns 0, or
// -EBUSY if it has one.
int vfio_device_block_group(device* dev);
void vfio_device_unblock_group(device* dev);

// What a bound driver does besides: a domain of its own, ownership by device.
int driver_attach_own(device* dev);
int driver_detach_own(device* dev);
int driver_claim(device* dev, u64 owner);
int driver_unclaim(device* dev);
int driver_attach_pasid(device* dev);
int driver_detach_pasid(device* dev);
int driver_map_dma(device* dev);
int device_reset(device* dev);
int group_store_type(device* dev, u64 type);
int device_probe_flow(device* dev);
int device_configure(device* dev);
// Hardware: the device writes to vfio_iova. Returns 0, or -EFAULT if nothing is mapped there.
int device_dma(device* dev);

}  // namespace iorace::kern
