// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver with data per device: a pointer to the attached domain, a link in that domain's list,
// and the entry of the requester id, which aliases share. Its walker is the uncounted reference:
// the entry names the root of the domain until somebody writes another one.
// Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c @ 6.12.117; release op that calls the core:
// drivers/iommu/ipmmu-vmsa.c before 6.6.
#include "model/iommu/contracts.h"
#include "model/iommu/iommu.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/release_eras.h"

namespace iorace::kern {
namespace {

void domain_users_release(kref* users) {
  core_domain* const domain = container_of(users, core_domain, users);
  io_root* const root = domain->root;
  if (root != nullptr) CONTRACT(root_freed, root);
  kfree(root);
  kfree(domain);
}

// Another device with this requester id that is attached to a domain. Aliases share a group.
bool alias_attached(const device* dev) {
  iommu_group* const group = dev->iommu_group_;
  if (group == nullptr) return false;
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const other = gdev->dev;
    if (other == dev || other->rid.peek() != dev->rid.peek()) continue;
    dev_iommu* const param = other->iommu;
    iommu_master* const master = param->priv;
    if (master == nullptr) continue;
    core_domain* const domain = master->domain;
    if (domain != nullptr) return true;
  }
  return false;
}

// A device that leaves is blocked, not its alias.
bool left_to_alias(const core_domain* domain, const device* dev) {
  if (domain != this_world().iommu->blocked || removal_has(alias_unaware)) return false;
  return alias_attached(dev);
}

// Writes the entry and waits for its invalidation: walks that began before have ended.
void write_entry(device* dev, io_root* root) {
  KFUNC();
  rid_entry* const entry = dev->entry.peek();
  CONTRACT(entry_written, dev, root);
  WRITE_ONCE(entry->root, root);
  down_write(&entry->walks);
  up_write(&entry->walks);
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
  if (removal_has(driver_counts_users)) kref_put(&old->users, domain_users_release);
}

}  // namespace

int driver_probe_device(device* dev) {
  KFUNC();
  auto* const master = kzalloc<iommu_master>();
  if (master == nullptr) return -ENOMEM;
  INIT_LIST_HEAD(&master->link);
  dev_iommu* const param = dev->iommu;
  param->priv = master;
  return 0;
}

int driver_attach_dev(core_domain* domain, device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  if (param == nullptr) return -ENODEV;
  iommu_master* const master = param->priv;
  if (master == nullptr) return -ENODEV;
  core_domain* const old = master->domain;
  if (removal_has(driver_counts_users)) kref_get(&domain->users);
  if (old != nullptr) {
    spin_lock(&old->lock);
    list_del_init(&master->link);
    spin_unlock(&old->lock);
  }
  spin_lock(&domain->lock);
  list_add(&master->link, &domain->devices);
  master->domain = domain;
  spin_unlock(&domain->lock);
  io_root* const root = domain->root;
  if (left_to_alias(domain, dev))
    PROBE(alias_left_alone);
  else
    write_entry(dev, root);
  if (old != nullptr && removal_has(driver_counts_users))
    kref_put(&old->users, domain_users_release);
  PROBE(domain_attached);
  return 0;
}

// Stops using any domain on the device; an alias that still runs keeps its translation.
void driver_release_device(device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  iommu_master* const master = param->priv;
  if (removal_has(release_reenters) && dev->kind.peek() == DRIVER_REENTRANT) {
    iommu_group* const group = dev->iommu_group_;
    core_domain* const domain = group->domain;
    iommu_detach_device(domain, dev);
  }
  if (removal_has(users_dropped_first)) leave_domain(master);
  if (alias_attached(dev))
    PROBE(alias_left_alone);
  else
    write_entry(dev, nullptr);
  leave_domain(master);
  param->priv = nullptr;
  kfree(master);
  PROBE(device_released);
}

core_domain* iommu_paging_domain_alloc(u64 type) {
  KFUNC();
  auto* const domain = kzalloc<core_domain>();
  if (domain == nullptr) return nullptr;
  if (type != IOMMU_DOMAIN_BLOCKED) {
    auto* const root = kzalloc<io_root>();
    if (root == nullptr) {
      kfree(domain);
      return nullptr;
    }
    domain->root = root;
  }
  domain->type = type;
  spin_lock_init(&domain->lock);
  INIT_LIST_HEAD(&domain->devices);
  kref_init(&domain->users);
  return domain;
}

// Nothing counts who is attached, and nothing checks.
void iommu_domain_free(core_domain* domain) {
  KFUNC();
  CONTRACT(domain_freed, domain);
  if (removal_has(free_unlinks)) {
    iommu_master *master = nullptr, *next = nullptr;
    spin_lock(&domain->lock);
    list_for_each_entry_safe(master, next, &domain->devices, link) {
      list_del_init(&master->link);
      master->domain = nullptr;
    }
    spin_unlock(&domain->lock);
  }
  kref_put(&domain->users, domain_users_release);
}

}  // namespace iorace::kern
