// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices join groups and leave them. Kernel: drivers/iommu/iommu.c @ 6.12.117; eras of RELEASE:
// release_eras.h.
#include "model/iommu/contracts.h"
#include "model/iommu/iommu.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/release_eras.h"

namespace iorace::kern {
namespace {

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
void iommu_group_release(kref* kobj) {
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
  kfree(group);
  PROBE(group_released);
}

// ops->device_group. Returns a group with a reference, or null.
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
    group = kzalloc<iommu_group>();
    if (group != nullptr) {
      mutex_init(&group->lock);
      INIT_LIST_HEAD(&group->devices);
      kref_init(&group->kobj);
      group->slot = dev->slot.peek();
      slot->group = group;
      CONTRACT(group_made, group);
    }
  }
  mutex_unlock(&slot->lock);
  return group;
}

void dev_iommu_free(device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  dev->iommu = nullptr;
  kfree(param);
}

int iommu_init_device(device* dev) {
  KFUNC();
  auto* const param = kzalloc<dev_iommu>();
  if (param == nullptr) return -ENOMEM;
  dev->iommu = param;
  int rc = driver_probe_device(dev);
  if (rc == 0) {
    param->iommu_dev = 1;
    iommu_group* const group = pci_device_group(dev);
    if (group != nullptr) {
      dev->iommu_group_ = group;
      return 0;
    }
    driver_release_device(dev);
    rc = -ENOMEM;
  }
  dev_iommu_free(dev);
  return rc;
}

void iommu_device_release_op(device* dev) {
  if (removal_has(attach_release_domain)) driver_attach_dev(this_world().iommu->blocked, dev);
  driver_release_device(dev);
}

// Requires: the group's mutex, since 6.6.
void iommu_deinit_device(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group_;
  iommu_device_release_op(dev);
  if (removal_has(domains_with_device) && list_empty(&group->devices)) {
    free_core_domains(group);
    group->domain = nullptr;
  }
  dev->iommu_group_ = nullptr;
  dev_iommu_free(dev);
}

void iommu_group_free_device(iommu_group* group, group_device* gdev) {
  KFUNC();
  if (list_empty(&group->devices)) {
    const u64 count = group->owner_cnt;
    core_domain* const domain = group->domain;
    core_domain* const normal = group->default_domain;
    WARN_ON(count != 0 || domain != normal);
  }
  kfree(gdev);
}

void list_del_device(iommu_group* group, device* dev) {
  KFUNC();
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const of = gdev->dev;
    if (of != dev) continue;
    list_del(&gdev->list);
    iommu_group_free_device(group, gdev);
    return;
  }
}

// What was proposed to be done before the device leaves the list.
void detach_before_removal(iommu_group* group, device* dev) {
  KFUNC();
  core_domain* const domain = group->domain;
  core_domain* const normal = group->default_domain;
  core_domain* const blocking = group->blocking_domain;
  if (domain == normal || domain == blocking) return;
  if (removal_has(warn_before_detach)) WARN_ON(domain != normal);
  driver_attach_dev(normal, dev);
}

struct group_section {
  iommu_group* group;
  critical_section cs;
  explicit group_section(iommu_group* g)
      : group(g), cs(removal().group_lock, {.sleeping = &g->lock}) {}
  void at(removal_site site) {
    if ((removal().group_lock.closes >> site & 1) != 0) CONTRACT(group_settled, group);
    cs.at(site);
  }
};

void remove_list_then_driver(device* dev, iommu_group* group) {
  KFUNC();
  group_section cs(group);
  if (removal_has(extra_group_reference)) iommu_group_get(group);
  cs.at(removal_begin);
  if (removal_has(detach_in_removal)) detach_before_removal(group, dev);
  list_del_device(group, dev);
  cs.at(after_list_del);
  iommu_deinit_device(dev);
  cs.at(removal_end);
  iommu_group_put(group);
  if (removal_has(extra_group_reference)) iommu_group_put(group);
}

void remove_driver_then_list(device* dev, iommu_group* group) {
  KFUNC();
  group_section cs(group);
  iommu_device_release_op(dev);
  cs.at(removal_begin);
  list_del_device(group, dev);
  cs.at(after_list_del);
  iommu_group_put(group);
  dev->iommu_group_ = nullptr;
  dev_iommu_free(dev);
}

void remove_group_then_driver(device* dev, iommu_group* group) {
  KFUNC();
  group_section cs(group);
  cs.at(removal_begin);
  list_del_device(group, dev);
  cs.at(after_list_del);
  iommu_group_put(group);
  iommu_device_release_op(dev);
  dev->iommu_group_ = nullptr;
  dev_iommu_free(dev);
}

void iommu_group_remove_device(device* dev, iommu_group* group) {
  KFUNC();
  switch (removal().order) {
    case removal_order::list_then_driver:
      return remove_list_then_driver(dev, group);
    case removal_order::driver_then_list:
      return remove_driver_then_list(dev, group);
    case removal_order::group_then_driver:
      return remove_group_then_driver(dev, group);
  }
}

// Requires: the group's mutex.
int join_domain(iommu_group* group, device* dev) {
  KFUNC();
  core_domain* const normal = group->default_domain;
  core_domain* const domain = group->domain;
  WARN_ON(normal != nullptr && domain == nullptr);
  if (domain != nullptr) return iommu_device_set_domain(group, dev, domain, 0);
  return normal == nullptr ? iommu_setup_default_domain(group, 0) : 0;
}

int probe_into_group(device* dev) {
  KFUNC();
  iommu_group* const already = dev->iommu_group_;
  if (already != nullptr) return 0;
  int rc = iommu_init_device(dev);
  if (rc != 0) return rc;
  iommu_group* const group = dev->iommu_group_;
  auto* const gdev = kzalloc<group_device>();
  iommu_group_lock(group);
  rc = -ENOMEM;
  if (gdev != nullptr) {
    gdev->dev = dev;
    list_add_tail(&gdev->list, &group->devices);
    rc = join_domain(group, dev);
    if (rc != 0) {
      list_del(&gdev->list);
      iommu_group_free_device(group, gdev);
    }
  }
  if (rc != 0) iommu_deinit_device(dev);
  iommu_group_unlock(group);
  if (rc != 0) iommu_group_put(group);
  return rc;
}

enum probe_site : unsigned { probe_begin, probe_end };
constexpr cs_row probe_rows[] = {
    {lock_kind::mutex, on(probe_begin), on(probe_end)},  // global
    {lock_kind::none, on(), on()},                       // unlocked
};

}  // namespace

void iommu_group_lock(iommu_group* group) { mutex_lock(&group->lock); }
void iommu_group_unlock(iommu_group* group) {
  CONTRACT(group_settled, group);
  mutex_unlock(&group->lock);
}
void iommu_group_get(iommu_group* group) { kref_get(&group->kobj); }
void iommu_group_put(iommu_group* group) {
  bus_slot* const slot = this_world().iommu->slots[group->slot];
  kref_put_mutex(&group->kobj, iommu_group_release, &slot->lock);
}

int iommu_probe_device(device* dev) {
  KFUNC();
  critical_section cs(probe_rows[chosen(knob::probe_device_lock)],
                      {.sleeping = &this_world().iommu->probe->lock});
  cs.at(probe_begin);
  const int rc = probe_into_group(dev);
  cs.at(probe_end);
  return rc;
}

void iommu_release_device(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group_;
  if (removal_has(warn_if_bound)) {
    const u64 driver = dev->driver;
    WARN_ON(driver != BOUND_NONE);
  }
  if (group != nullptr) iommu_group_remove_device(dev, group);
  dev_iommu* const param = dev->iommu;
  if (param != nullptr) dev_iommu_free(dev);
  CONTRACT(release_returned, dev);
}

}  // namespace iorace::kern
