// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The iommu core: devices in groups, domains that groups are attached to, who owns the DMA of a
// group. Kernel: drivers/iommu/iommu.c, drivers/iommu/iommu-priv.h @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/kref.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"

namespace iorace::kern {

constexpr int EPROBE_DEFER = 517;

enum core_domain_type : u64 {
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
};
enum set_domain_flags : unsigned { IOMMU_SET_DOMAIN_MUST_SUCCEED = 1 };

// The page of a page table that hardware begins its walk at.
struct io_root {
  shared<u64> pte;
};
IORACE_DESCRIBE(io_root, "root", pte);

// Hardware: what requests of one requester id are translated by. Null blocks.
struct rid_entry {
  shared<io_root*> root;
  rw_semaphore walks;  // read: a walk is under way; write: an invalidation has completed
};
IORACE_DESCRIBE(rid_entry, "entry", root, walks);

// struct iommu_domain of the core, with what the driver keeps in it. The name is taken by the mock
// domain of the iommufd chapter.
struct core_domain {
  shared<u64> type;
  shared<io_root*> root;  // null: blocks
  spinlock_t lock;        // the driver's, of devices
  list_head devices;      // the driver's: attached
  kref users;             // of drivers that count (knob release_device)
};
IORACE_DESCRIBE(core_domain, "dom", type, root, lock, devices, users);

struct iommu_group {
  mutex lock;  // the kernel's `mutex`
  list_head devices;
  kref kobj;  // devices_kobj
  shared<core_domain*> domain, default_domain, blocking_domain;
  shared<u64> owner, owner_cnt;  // 0: nobody
  shared<u64> slot;              // where the bus finds it
};
IORACE_DESCRIBE(iommu_group, "group", lock, devices, kobj, domain, default_domain, blocking_domain,
                owner, owner_cnt, slot);

struct device;

struct group_device {
  list_head list;
  shared<device*> dev;
};
IORACE_DESCRIBE(group_device, "gdev", list, dev);

// The driver's data of a device, as arm_smmu_master.
struct iommu_master {
  list_head link;  // in its domain's devices
  shared<core_domain*> domain;
};
IORACE_DESCRIBE(iommu_master, "master", link, domain);

struct dev_iommu {
  shared<iommu_master*> priv;
  shared<u64> iommu_dev;  // 1 once the driver has probed
};
IORACE_DESCRIBE(dev_iommu, "dev_iommu", priv, iommu_dev);

enum iommu_driver_kind : u64 { DRIVER_PLAIN, DRIVER_REENTRANT };
enum bound_driver : u64 { BOUND_NONE, BOUND_KERNEL, BOUND_VFIO };

// struct device as far as the core and the driver core know it; lives as long as the execution.
struct device {
  rw_semaphore life;  // read: is being probed; write: a driver comes or goes, or the device
  mutex lock;         // device_lock()
  refcount_t registered;  // vfio_device: users of the registration
  completion comp;        //   and who waits for the last of them
  shared<iommu_group*> iommu_group_;
  shared<dev_iommu*> iommu;
  shared<u64> driver;  // bound_driver
  shared<u64> removed;
  shared<u64> opened, claimed;
  shared<core_domain*> own;  // of the bound driver
  shared<rid_entry*> entry;
  shared<u64> rid, slot, kind;
};
IORACE_DESCRIBE(device, "device", life, lock, registered, comp, iommu_group_, iommu, driver,
                removed, opened, claimed, own, entry, rid, slot, kind);

// Probe and release. Callers hold no lock.
int iommu_probe_device(device* dev);
void iommu_release_device(device* dev);
void iommu_group_get(iommu_group* group);
void iommu_group_put(iommu_group* group);
// Locks, for the flows that look at what they protect.
void iommu_group_lock(iommu_group* group);
void iommu_group_unlock(iommu_group* group);

// Domains.
core_domain* iommu_paging_domain_alloc(u64 type);  // null: no memory
void iommu_domain_free(core_domain* domain);
int iommu_attach_group(core_domain* domain, iommu_group* group);
void iommu_detach_group(core_domain* domain, iommu_group* group);
int iommu_attach_device(core_domain* domain, device* dev);
void iommu_detach_device(core_domain* domain, device* dev);
// Requires: the group's mutex.
int iommu_group_set_domain_internal(iommu_group* group, core_domain* domain, unsigned flags);
int iommu_device_set_domain(iommu_group* group, device* dev, core_domain* domain, unsigned flags);
int iommu_setup_default_domain(iommu_group* group, u64 type);
int iommu_group_store_type(iommu_group* group, u64 type);

// Ownership.
int iommu_device_use_default_domain(device* dev);
void iommu_device_unuse_default_domain(device* dev);
int iommu_group_claim_dma_owner(iommu_group* group, u64 owner);
void iommu_group_release_dma_owner(iommu_group* group);
int iommu_device_claim_dma_owner(device* dev, u64 owner);
void iommu_device_release_dma_owner(device* dev);

// The driver (iommu_ops).
int driver_probe_device(device* dev);
void driver_release_device(device* dev);
// Returns 0, or -ENODEV if the driver does not know the device.
int driver_attach_dev(core_domain* domain, device* dev);

}  // namespace iorace::kern
