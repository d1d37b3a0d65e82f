// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The iommu core: devices in groups, domains that groups are attached to, who owns the DMA of a
// group. Kernel: drivers/iommu/iommu.c, drivers/iommu/iommu-priv.h @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"
#include "model/kernel.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/kref.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

constexpr int EPROBE_DEFER = 517;

enum core_domain_type : u64 {
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
};
enum set_domain_flags : unsigned { IOMMU_SET_DOMAIN_MUST_SUCCEED = 1 };

struct iommu_device;

// struct iommu_domain of the core, with what the driver keeps in it. The name is taken by the mock
// domain of the iommufd chapter.
struct core_domain {
  shared<u64> type;
  shared<iommu_device*> iommu;
  io_pgtable pgtable;  // without a root: blocks
  shared<u64> did;     // by which hardware tells domains apart; given when it is made
  spinlock_t lock;     // the driver's, of devices
  list_head devices;   // the driver's: attached
  list_head dev_pasids;
  kref users;               // of drivers that count (knob release_device)
  list_head masters;        // of devices with ATS that are attached; under lock, too
  atomic_t nr_ats_masters;  // how many of them
};
IORACE_DESCRIBE(core_domain, "dom", type, iommu, pgtable, did, lock, devices, dev_pasids, users,
                masters, nr_ats_masters);

struct iommu_group {
  struct mutex mutex;
  list_head devices;
  list_head entry;  // on a list of groups without a default domain
  kref kobj;        // devices_kobj
  xarray pasid_array;
  shared<core_domain*> domain, default_domain, blocking_domain;
  shared<u64> owner, owner_cnt;           // 0: nobody
  shared<core_domain*> resetting_domain;  // of a fence (knob reset.fence)
  shared<u64> slot;                       // where the bus finds it
};
IORACE_DESCRIBE(iommu_group, "group", mutex, devices, entry, kobj, pasid_array, domain,
                default_domain, blocking_domain, owner, owner_cnt, resetting_domain, slot);

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
  shared<u64> counted;  // among the masters of its requester id
  shared<u64> ats_enabled;
};
IORACE_DESCRIBE(iommu_master, "master", link, domain, counted, ats_enabled);

// A device with ATS is attached to a domain, as arm_smmu_master_domain.
struct master_domain {
  list_head devices_elm;
  shared<iommu_master*> master;
  shared<device*> dev;  // master->dev
};
IORACE_DESCRIBE(master_domain, "master_domain", devices_elm, master, dev);

// The driver's data of a PASID of a device.
struct dev_pasid_info {
  list_head link_domain;
  shared<device*> dev;
};
IORACE_DESCRIBE(dev_pasid_info, "pasid_info", link_domain, dev);

// What firmware says about a device.
struct iommu_fwspec {
  shared<u64> ids;
};
IORACE_DESCRIBE(iommu_fwspec, "fwspec", ids);

struct dev_iommu {
  shared<iommu_fwspec*> fwspec;
  shared<iommu_master*> priv;
  shared<u64> iommu_dev;  // 1 once the driver has probed
  shared<u64> max_pasids;
  shared<u64> require_direct;
  shared<u64> resetting;        // blocked whatever its group is attached to (knob reset.fence)
  shared<u64> attach_deferred;  // the default domain waits for the first DMA
};
IORACE_DESCRIBE(dev_iommu, "dev_iommu", fwspec, priv, iommu_dev, max_pasids, require_direct,
                resetting, attach_deferred);

// An IOMMU as its driver knows it.
struct iommu_device {
  struct mutex streams;  // of masters
  shared<hw_iommu*> hw;
  shared<u64> masters[rids_max];  // by requester id (knob alloc_smes.when)
  shared<core_domain*> blocked;   // static
  struct mutex asid_lock;         // around attaches of devices with ATS
  shared<u64> has_ats;            // some device has it; written before tasks start
};
IORACE_DESCRIBE(iommu_device, "iommu_dev", streams, hw, masters, blocked, asid_lock, has_ats);

// The driver's release op used to call the core; firmware wants direct mappings; there are PASIDs;
// firmware has named the IOMMU; a kernel that crashed left it translating, and nothing is changed
// before a driver has got hold of it; firmware wants them only as long as nobody claims the device;
// the platform answers at an address itself; it has a TLB of its own.
enum device_flags : u64 {
  DEVICE_REENTRANT = 1,
  DEVICE_DIRECT = 2,
  DEVICE_PASID = 4,
  DEVICE_FWSPEC = 8,
  DEVICE_DEFERRED = 16,
  DEVICE_RELAXABLE = 32,
  DEVICE_RESERVED = 64,
  DEVICE_ATS = 128,
};
enum bound_driver : u64 { BOUND_NONE, BOUND_KERNEL, BOUND_VFIO };

// struct device as far as the core and the driver core know it; lives as long as the execution.
struct device {
  rw_semaphore life;      // read: is being probed; write: a driver comes or goes, or the device
  mutex lock;             // device_lock()
  refcount_t registered;  // vfio_device: users of the registration
  completion comp;        //   and who waits for the last of them
  shared<struct iommu_group*> iommu_group;
  shared<dev_iommu*> iommu;
  shared<u64> driver;  // bound_driver
  shared<u64> removed;
  shared<u64> opened, claimed;
  shared<core_domain*> own;        // of the bound driver
  shared<core_domain*> own_pasid;  //   for PASID 1
  shared<hw_endpoint*> endpoint;
  shared<iommu_device*> iommu_dev;
  shared<u64> slot, flags;
};
IORACE_DESCRIBE(device, "device", life, lock, registered, comp, iommu_group, iommu, driver, removed,
                opened, claimed, own, own_pasid, endpoint, iommu_dev, slot, flags);

// Probe and release. Callers hold no lock.
int iommu_probe_device(device* dev);
// A group without a default domain joins `group_list`, if there is one, instead of getting one.
int probe_device(device* dev, list_head* group_list);
void iommu_release_device(device* dev);
// For whoever is not the core: takes a device out of its group.
void iommu_group_remove_device(device* dev);
// Probes all devices, then gives the groups that have none their default domains.
int bus_iommu_probe();
// Firmware names the IOMMU of a device, which is probed then.
int of_iommu_configure(device* dev);
// Return null, or -ENOMEM. Require: the lock of probes, but for variants.
dev_iommu* dev_iommu_get(device* dev);
int iommu_fwspec_init(device* dev);
void dev_iommu_free(device* dev);
// Requires: the group's mutex, since 6.6.
void iommu_deinit_device(device* dev);
void __iommu_group_free_device(iommu_group* group, group_device* gdev);

void iommu_group_get(iommu_group* group);
void iommu_group_put(iommu_group* group);
// ops->device_group. Returns a group with a reference, or null.
iommu_group* pci_device_group(device* dev);
// Does not ask whether there is one. Requires: the group's mutex.
device* iommu_group_first_dev(iommu_group* group);
// Locks, for the flows that look at what they protect.
void iommu_group_lock(iommu_group* group);
void iommu_group_unlock(iommu_group* group);

// Domains.
void iommu_domain_free(core_domain* domain);
int iommu_attach_group(core_domain* domain, iommu_group* group);
void iommu_detach_group(core_domain* domain, iommu_group* group);
// Moves the group to another domain, whatever it is attached to.
int iommu_group_replace_domain(iommu_group* group, core_domain* domain);
int iommu_attach_device(core_domain* domain, device* dev);
void iommu_detach_device(core_domain* domain, device* dev);
// What the device's group is attached to. Callers hold no lock of the group's, or are called back
// under its mutex.
core_domain* iommu_get_domain_for_dev(device* dev);
// Requires: the group's mutex.
int __iommu_group_set_domain_internal(iommu_group* group, core_domain* domain, unsigned flags);
int __iommu_device_set_domain(iommu_group* group, device* dev, core_domain* domain,
                              core_domain* old, unsigned flags);
int __iommu_group_alloc_blocking_domain(iommu_group* group);
int __iommu_attach_device(core_domain* domain, device* dev, core_domain* old);
// Attaches what was deferred. Callers hold no lock, and may do DMA on several CPUs.
int iommu_deferred_attach(device* dev, core_domain* domain);
// Requires: the group's mutex, but for variants.
bool attach_is_deferred(device* dev);
// Maps what firmware uses the device for, if it does. Returns 0 or -ENOMEM.
int iommu_create_device_direct_mappings(core_domain* domain, device* dev);
// Type 0 is what the system prefers.
int iommu_setup_default_domain(iommu_group* group, u64 type);
int iommu_group_store_type(iommu_group* group, u64 type);

// PASIDs.
int iommu_attach_device_pasid(core_domain* domain, device* dev, unsigned pasid);
void iommu_detach_device_pasid(core_domain* domain, device* dev, unsigned pasid);
// From a device that leaves. Requires: the group's mutex.
void take_group_pasids(iommu_group* group, device* dev);

// A device is reset: nothing of its translation is in use meanwhile.
int pci_dev_reset_iommu_prepare(device* dev);
void pci_dev_reset_iommu_done(device* dev);

// Ownership.
int iommu_device_use_default_domain(device* dev);
void iommu_device_unuse_default_domain(device* dev);
int iommu_group_claim_dma_owner(iommu_group* group, u64 owner);
void iommu_group_release_dma_owner(iommu_group* group);
int iommu_device_claim_dma_owner(device* dev, u64 owner);
void iommu_device_release_dma_owner(device* dev);

}  // namespace iorace::kern
