// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Groups come with their first device and go with their last reference.
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommu/contracts.h"
#include "model/iommu/iommu.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/release_eras.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

void free_core_domains(iommu_group* group) {
  KFUNC();
  core_domain* const normal = group->default_domain;
  if (normal != nullptr) {
    iommu_domain_free(normal);
    group->default_domain = nullptr;
  }
  core_domain* const blocking = group->blocking_domain;
  if (blocking != nullptr) {
    iommu_domain_free(blocking);
    group->blocking_domain = nullptr;
  }
}

// The kobject's release. Up to 6.5 it frees the domains, since then it finds none.
static void iommu_group_release(kref* kobj) {
  KFUNC();
  iommu_group* const group = container_of(kobj, iommu_group, kobj);
  bus_slot* const slot = this_world().iommu->slots[group->slot];
  slot->group = nullptr;
  mutex_unlock(&slot->lock);
  if (!removal_has(domains_with_device)) free_core_domains(group);
  core_domain* const normal = group->default_domain;
  WARN_ON(normal != nullptr);
  core_domain* const blocking = group->blocking_domain;
  WARN_ON(blocking != nullptr);
  CONTRACT(group_gone, group);
  xa_destroy(&group->pasid_array);
  kfree(group);
  PROBE(group_released);
}

void iommu_group_get(iommu_group* group) { kref_get(&group->kobj); }
void iommu_group_put(iommu_group* group) {
  bus_slot* const slot = this_world().iommu->slots[group->slot];
  kref_put_mutex(&group->kobj, iommu_group_release, &slot->lock);
}

device* iommu_group_first_dev(iommu_group* group) {
  KFUNC();
  lockdep_assert_held(&group->mutex);
  CONTRACT(first_device, group);
  const group_device* const gdev = list_first_entry(&group->devices, group_device, list);
  return gdev->dev;
}

void iommu_group_lock(iommu_group* group) { mutex_lock(&group->mutex); }
void iommu_group_unlock(iommu_group* group) {
  CONTRACT(group_settled, group);
  mutex_unlock(&group->mutex);
}

static iommu_group* iommu_group_alloc(u64 slot) {
  KFUNC();
  auto* const group = kzalloc<iommu_group>();
  if (group == nullptr) return nullptr;
  mutex_init(&group->mutex);
  INIT_LIST_HEAD(&group->devices);
  INIT_LIST_HEAD(&group->entry);
  xa_init(&group->pasid_array);
  kref_init(&group->kobj);
  group->slot = slot;
  CONTRACT(group_made, group);
  return group;
}

// Simplified: the bus knows its groups by slot, instead of searching devices for one.
iommu_group* pci_device_group(device* dev) {
  KFUNC();
  bus_slot* const slot = this_world().iommu->slots[dev->slot.peek()];
  mutex_lock(&slot->lock);
  iommu_group* group = slot->group;
  if (group != nullptr) {
    kref_get(&group->kobj);
    PROBE(group_joined);
  } else {
    group = iommu_group_alloc(dev->slot.peek());
    slot->group = group;
  }
  mutex_unlock(&slot->lock);
  return group;
}

void __iommu_group_free_device(iommu_group* group, group_device* gdev) {
  KFUNC();
  if (list_empty(&group->devices)) {
    const u64 count = group->owner_cnt;
    core_domain* const domain = group->domain;
    core_domain* const normal = group->default_domain;
    WARN_ON(count != 0 || domain != normal);
  }
  kfree(gdev);
}

}  // namespace iorace::kern
