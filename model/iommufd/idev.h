// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices of the iommu core that iommufd has: a device that is bound belongs to the context, and
// its group is attached to the domain of a hardware page table.
// Kernel: drivers/iommu/iommufd/device.c, iommufd_private.h @ 6.12.117.
//
// Lock order: the driver's lock -> ioas.mutex -> iommufd_group.lock -> the group's mutex of the
// core; and iommufd_group.lock -> iova_rwsem.
#pragma once

#include "model/iommu/vfio_group.h"
#include "model/iommufd/iommu_domain.h"
#include "model/iommufd/iommufd_private.h"

namespace iorace::kern {

constexpr u64 OWNER_IOMMUFD = 2;

// What a context has of a group of the core. Counted by the devices of it that are bound.
struct iommufd_group {
  kref ref;
  struct mutex lock;  // hwpt, device_list
  shared<iommufd_ctx*> ictx;
  shared<iommu_group*> group;
  shared<iommufd_hwpt_paging*> hwpt;
  list_head device_list;  // that are attached
};
IORACE_DESCRIBE(iommufd_group, "igroup", ref, lock, ictx, group, hwpt, device_list);

// struct iommufd_device. The name is taken by that of the page requests.
struct iommufd_core_device {
  iommufd_object obj;
  shared<iommufd_ctx*> ictx;
  shared<iommufd_group*> igroup;
  list_head group_item;
  shared<struct device*> dev;
};
IORACE_DESCRIBE(iommufd_core_device, "idevice", obj, ictx, igroup, group_item, dev);

// Claims the device's group for the context. Returns the device or ERR_PTR of -ENODEV, -EPERM or
// -EBUSY where somebody else owns the group, -ENOMEM.
iommufd_core_device* iommufd_device_bind(iommufd_ctx* ictx, struct device* dev);
// Requires: detached.
void iommufd_device_unbind(iommufd_core_device* idev);
void iommufd_device_destroy(iommufd_object* obj);

// To the domain of a hardware page table, or to one of an IO address space that fits. Return 0;
// -ENOENT without such an object, -EINVAL of another kind or if the domain cannot be used; what
// attaching fails with. Replace: -EINVAL if the device is not attached.
int iommufd_device_attach(iommufd_core_device* idev, u32 pt_id);
int iommufd_device_replace(iommufd_core_device* idev, u32 pt_id);
void iommufd_device_detach(iommufd_core_device* idev);

// For hw_pagetable.cc. Attaches the group with its first device.
int iommufd_hw_pagetable_attach(iommufd_hwpt_paging* hwpt, iommufd_core_device* idev);

// Returns the page table, whose reference is the caller's.
iommufd_hwpt_paging* iommufd_hw_pagetable_detach(iommufd_core_device* idev);

inline io_pagetable* iopt_of(iommufd_hwpt_paging* hwpt) {
  iommufd_ioas* const ioas = hwpt->ioas;
  return &ioas->iopt;
}
// A page of addresses that devices with the flag keep.
struct resv_region {
  u64 flag, iova;
};
inline constexpr resv_region resv_regions[] = {{DEVICE_DIRECT, vfio_iova},
                                               {DEVICE_RESERVED, platform_iova}};
// Where the user can map nothing as long as the device is attached. Return 0, -EADDRINUSE where the
// user has mapped something already, or -ENOMEM, and then nothing is reserved.
int iopt_table_enforce_dev_resv_regions(io_pagetable* iopt, struct device* dev);
// The same for all attached devices of a group that moves. Require: igroup->lock.
int iommufd_group_do_replace_reserved_iova(iommufd_group* igroup, iommufd_hwpt_paging* hwpt);
void iommufd_group_remove_reserved_iova(iommufd_group* igroup, iommufd_hwpt_paging* hwpt);

// A domain of the device's IOMMU. Returns ERR_PTR of -ENOMEM or -ENOSPC.
iommu_domain* device_domain_alloc(struct device* dev);
// The core's, or null if the domain is of another driver.
core_domain* to_core_domain(iommu_domain* domain);

}  // namespace iorace::kern
