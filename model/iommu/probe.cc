// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices get what the core keeps about them, and join a group.
// Kernel: drivers/iommu/iommu.c, drivers/iommu/of_iommu.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/iommu/contracts.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {

dev_iommu* dev_iommu_get(device* dev) {
  KFUNC();
  dev_iommu* const there = dev->iommu;
  if (there != nullptr) return there;
  auto* const param = kzalloc<dev_iommu>();
  if (param != nullptr) dev->iommu = param;
  return param;
}

// Simplified: a probe that fails takes fwspec away with the rest.
static int iommu_init_device(device* dev) {
  KFUNC();
  dev_iommu* const param = dev_iommu_get(dev);
  if (param == nullptr) return -ENOMEM;
  int rc = driver_probe_device(dev);
  if (rc == 0) {
    param->iommu_dev = 1;
    iommu_group* const group = pci_device_group(dev);
    if (group != nullptr) {
      dev->iommu_group = group;
      param->max_pasids = (dev->flags.peek() & DEVICE_PASID) != 0 ? u64{pasids_max} : u64{0};
      if ((dev->flags.peek() & DEVICE_DEFERRED) != 0) param->attach_deferred = 1;
      return 0;
    }
    driver_release_device(dev);
    rc = -ENOMEM;
  }
  dev_iommu_free(dev);
  return rc;
}

// A PASID is attached to all devices or to none. Of another domain than the default one: a driver
// that attached it is alone in the group, an owner blocks all devices, which firmware's do not
// allow.
static bool may_join(iommu_group* group, device* dev, bool normal) {
  if (omit(knob::probe_device_join, JOIN_ALL)) return true;
  if ((dev->flags.peek() & DEVICE_PASID) != 0 && !xa_empty(&group->pasid_array)) return false;
  if (normal) return true;
  const u64 owner = group->owner;
  if (owner == 0) return false;
  dev_iommu* const param = dev->iommu;
  return param->require_direct == 0;
}

// Requires: the group's mutex.
static int join_domain(iommu_group* group, device* dev, list_head* group_list) {
  KFUNC();
  core_domain* const normal = group->default_domain;
  core_domain* const domain = group->domain;
  WARN_ON(normal != nullptr && domain == nullptr);
  if (normal != nullptr) iommu_create_device_direct_mappings(normal, dev);
  if (!may_join(group, dev, domain == nullptr || domain == normal)) return -EINVAL;
  if (domain != nullptr) return __iommu_device_set_domain(group, dev, domain, nullptr, 0);
  if (normal != nullptr) return 0;
  if (group_list == nullptr) return iommu_setup_default_domain(group, 0);
  if (!list_empty(&group->entry)) return 0;
  if (!omit(knob::bus_iommu_probe_group, GROUP_UNREFERENCED)) iommu_group_get(group);
  list_add_tail(&group->entry, group_list);
  return 0;
}

static int __iommu_probe_device(device* dev, list_head* group_list) {
  KFUNC();
  iommu_group* const already = dev->iommu_group;
  if (already != nullptr) return 0;
  int rc = iommu_init_device(dev);
  if (rc != 0) return rc;
  iommu_group* const group = dev->iommu_group;
  auto* const gdev = kzalloc<group_device>();
  iommu_group_lock(group);
  rc = -ENOMEM;
  if (gdev != nullptr) {
    gdev->dev = dev;
    list_add_tail(&gdev->list, &group->devices);
    rc = join_domain(group, dev, group_list);
    if (rc != 0) {
      list_del(&gdev->list);
      __iommu_group_free_device(group, gdev);
    }
  }
  if (rc != 0) iommu_deinit_device(dev);
  iommu_group_unlock(group);
  if (rc != 0) iommu_group_put(group);
  return rc;
}

enum probe_site : unsigned { probe_begin, probe_end };
constexpr cs_row probe_rows[] = {
    {lock_kind::mutex, on(probe_begin), on(probe_end)},  // PROBE_GLOBAL_LOCK
    {lock_kind::none, on(), on()},                       // PROBE_UNLOCKED
};

int probe_device(device* dev, list_head* group_list) {
  critical_section cs(probe_rows[chosen(knob::probe_device_lock)],
                      {.sleeping = &this_world().iommu->probe->lock});
  cs.at(probe_begin);
  const int rc = __iommu_probe_device(dev, group_list);
  cs.at(probe_end);
  return rc;
}

int iommu_probe_device(device* dev) {
  KFUNC();
  return probe_device(dev, nullptr);
}

static iommu_fwspec* dev_iommu_fwspec_get(device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  if (param == nullptr) return nullptr;
  dev_iommu* const again = dev->iommu;
  return again->fwspec;
}

int iommu_fwspec_init(device* dev) {
  KFUNC();
  dev_iommu* const param = dev_iommu_get(dev);
  if (param == nullptr) return -ENOMEM;
  auto* const fwspec = kzalloc<iommu_fwspec>();
  if (fwspec == nullptr) return -ENOMEM;
  fwspec->ids = dev->endpoint.peek()->rid.peek();
  param->fwspec = fwspec;
  return 0;
}

static int configure(device* dev) {
  if (dev_iommu_fwspec_get(dev) != nullptr) return 1;
  const dev_iommu* const present = dev->iommu;
  const int rc = iommu_fwspec_init(dev);
  if (rc == 0 || present != nullptr) return rc;
  const dev_iommu* const now = dev->iommu;
  if (now != nullptr) dev_iommu_free(dev);
  return rc;
}

constexpr cs_row configure_rows[] = {
    {lock_kind::mutex, on(probe_begin), on(probe_end)},  // CONFIGURE_LOCKED
    {lock_kind::none, on(), on()},                       // CONFIGURE_UNLOCKED
    {lock_kind::none, on(), on()},                       // CONFIGURE_POINTER_LAST
};

int of_iommu_configure(device* dev) {
  KFUNC();
  critical_section cs(configure_rows[chosen(knob::of_iommu_configure_lock)],
                      {.sleeping = &this_world().iommu->probe->lock});
  cs.at(probe_begin);
  const int rc = configure(dev);
  cs.at(probe_end);
  if (rc > 0) return 0;  // it has been configured
  return rc != 0 ? rc : iommu_probe_device(dev);
}

}  // namespace iorace::kern
