// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices and domains as the driver sees them. Its walker is the uncounted reference: the entry
// names the root of the domain until somebody writes another one.
// Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, drivers/iommu/arm/arm-smmu/arm-smmu.c,
// drivers/iommu/intel/iommu.c @ 6.12.117; release op that calls the core:
// drivers/iommu/ipmmu-vmsa.c before 6.6.
#include "model/iommu/smmu_driver.h"

#include "model/hw/contracts.h"
#include "model/iommu/arm_smmu_ats.h"
#include "model/iommu/contracts.h"
#include "model/iommu/release_eras.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

unsigned rid_of(const device* dev) {
  return static_cast<unsigned>(dev->endpoint.peek()->rid.peek());
}

void add_stream(const device* dev, iommu_master* master) {
  KFUNC();
  master->counted = 1;
  iommu_device* const iommu = dev->iommu_dev.peek();
  mutex_lock(&iommu->streams);
  iommu->masters[rid_of(dev)]++;
  mutex_unlock(&iommu->streams);
}

// Blocks the requester id, unless an alias of the device that leaves is still there.
void block_stream(device* dev, bool alias) {
  if (alias && !removal_has(alias_unaware)) {
    PROBE(alias_left_alone);
    return;
  }
  write_entry(dev, IOMMU_NO_PASID, nullptr);
  CONTRACT(device_blocked, dev->endpoint.peek());
}

void free_stream(device* dev, const iommu_master* master) {
  KFUNC();
  const u64 counted = master->counted;
  if (counted == 0) return;
  iommu_device* const iommu = dev->iommu_dev.peek();
  mutex_lock(&iommu->streams);
  const u64 left = iommu->masters[rid_of(dev)] - 1;
  iommu->masters[rid_of(dev)] = left;
  block_stream(dev, left != 0);
  mutex_unlock(&iommu->streams);
}

// As an entry goes that names a table of PASIDs. Who is attached to them is not told.
void block_pasids(device* dev) {
  KFUNC();
  if (!omit(knob::remove_device_pasids, PASIDS_BLOCKED)) return;
  for (unsigned pasid = 1; pasid < pasids_max; ++pasid) write_entry(dev, pasid, nullptr);
}

// What attaching the static domain does to the entry.
void block_leaving_stream(device* dev) {
  KFUNC();
  iommu_device* const iommu = dev->iommu_dev.peek();
  mutex_lock(&iommu->streams);
  const u64 here = iommu->masters[rid_of(dev)];
  block_stream(dev, here > 1);
  mutex_unlock(&iommu->streams);
}

// The static domain is that of devices that leave: it blocks what no alias uses.
void install_domain(core_domain* domain, device* dev) {
  if (domain == dev->iommu_dev.peek()->blocked.peek()) return block_leaving_stream(dev);
  CONTRACT(device_attaching, dev->endpoint.peek());
  write_entry(dev, IOMMU_NO_PASID, domain);
}

int arm_smmu_attach_dev(core_domain* domain, device* dev, iommu_master* master, core_domain* old) {
  KFUNC();
  iommu_device* const iommu = dev->iommu_dev.peek();
  mutex_lock(&iommu->asid_lock);
  attach_state state = {.master = master, .dev = dev, .old_domain = old};
  const int rc = arm_smmu_attach_prepare(state, domain);
  if (rc == 0) {
    install_domain(domain, dev);
    arm_smmu_attach_commit(state, domain);
    PROBE(domain_attached);
  }
  mutex_unlock(&iommu->asid_lock);
  return rc;
}

// Out of the domain's list. The domain is the driver's no longer.
void leave_domain(iommu_master* master) {
  KFUNC();
  core_domain* const old = master->domain;
  if (old == nullptr) return;
  spin_lock(&old->lock);
  list_del_init(&master->link);
  master->domain = nullptr;
  spin_unlock(&old->lock);
  if (removal_has(driver_counts_users)) domain_put(old);
}

}  // namespace

int driver_probe_device(device* dev) {
  KFUNC();
  auto* const master = kzalloc<iommu_master>();
  if (master == nullptr) return -ENOMEM;
  INIT_LIST_HEAD(&master->link);
  dev_iommu* const param = dev->iommu;
  param->priv = master;
  if (!omit(knob::alloc_smes_when, COUNTED_AT_ATTACH)) add_stream(dev, master);
  return 0;
}

int driver_attach_dev(core_domain* domain, device* dev, core_domain* old_domain) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  if (param == nullptr) return -ENODEV;
  iommu_master* const master = param->priv;
  if (master == nullptr) return -ENODEV;
  const u64 counted = master->counted;
  if (counted == 0) add_stream(dev, master);
  if (has_ats(dev)) return arm_smmu_attach_dev(domain, dev, master, old_domain);
  core_domain* const old = master->domain;
  if (removal_has(driver_counts_users)) kref_get(&domain->users);
  if (old != nullptr) {
    spin_lock(&old->lock);
    list_del_init(&master->link);
    spin_unlock(&old->lock);
  }
  install_domain(domain, dev);
  spin_lock(&domain->lock);
  list_add(&master->link, &domain->devices);
  master->domain = domain;
  spin_unlock(&domain->lock);
  if (old != nullptr && removal_has(driver_counts_users)) domain_put(old);
  PROBE(domain_attached);
  return 0;
}

// Stops using any domain on the device; an alias that still runs keeps its translation.
void driver_release_device(device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  iommu_master* const master = param->priv;
  if (removal_has(release_reenters) && (dev->flags.peek() & DEVICE_REENTRANT) != 0) {
    iommu_group* const group = dev->iommu_group;
    core_domain* const domain = group->domain;
    iommu_detach_device(domain, dev);  // arm_iommu_detach_device()
  }
  if (removal_has(users_dropped_first)) leave_domain(master);
  if (has_ats(dev)) {
    core_domain* const blocked = dev->iommu_dev.peek()->blocked.peek();
    arm_smmu_attach_dev(blocked, dev, master, iommu_get_domain_for_dev(dev));
  }
  free_stream(dev, master);
  block_pasids(dev);
  iommu_device* const iommu = dev->iommu_dev.peek();
  if (removal_has(free_unlinks)) mutex_lock(&iommu->streams);
  leave_domain(master);
  if (removal_has(free_unlinks)) mutex_unlock(&iommu->streams);
  param->priv = nullptr;
  kfree(master);
  PROBE(device_released);
}

int driver_set_dev_pasid(core_domain* domain, device* dev, unsigned pasid) {
  KFUNC();
  auto* const info = kzalloc<dev_pasid_info>();
  if (info == nullptr) return -ENOMEM;
  info->dev = dev;
  write_entry(dev, pasid, domain);
  spin_lock(&domain->lock);
  list_add(&info->link_domain, &domain->dev_pasids);
  spin_unlock(&domain->lock);
  return 0;
}

void driver_remove_dev_pasid(core_domain* domain, device* dev, unsigned pasid) {
  KFUNC();
  write_entry(dev, pasid, nullptr);
  dev_pasid_info *info = nullptr, *found = nullptr;
  spin_lock(&domain->lock);
  list_for_each_entry(info, &domain->dev_pasids, link_domain) {
    device* const of = info->dev;
    if (of != dev) continue;
    found = info;
    break;
  }
  if (found != nullptr) list_del(&found->link_domain);
  spin_unlock(&domain->lock);
  WARN_ON(found == nullptr);
  kfree(found);
}

}  // namespace iorace::kern
