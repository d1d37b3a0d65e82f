// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device leaves its group and its driver. One function per order in which the kernel has done the
// two, or was proposed to; release_eras.h says which version is which.
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommu/contracts.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/release_eras.h"
#include "model/iommu/smmu_driver.h"
#include "scheduler/sync/lockdep.h"

namespace iorace::kern {

void free_core_domains(iommu_group* group);

// Is dev->iommu cleared once what it points to has been freed?
static constexpr bool pointer_last_rows[] = {
    false,  // CONFIGURE_LOCKED
    false,  // CONFIGURE_UNLOCKED
    true,   // CONFIGURE_POINTER_LAST
};

void dev_iommu_free(device* dev) {
  KFUNC();
  dev_iommu* const param = dev->iommu;
  const bool cleared_last = pointer_last_rows[chosen(knob::of_iommu_configure_lock)];
  if (!cleared_last) dev->iommu = nullptr;
  iommu_fwspec* const fwspec = param->fwspec;
  kfree(fwspec);
  kfree(param);
  if (cleared_last) dev->iommu = nullptr;
}

namespace {

void release_op(device* dev) {
  core_domain* const blocked = dev->iommu_dev.peek()->blocked.peek();
  if (removal_has(attach_release_domain) && !attach_is_deferred(dev))
    driver_attach_dev(blocked, dev, iommu_get_domain_for_dev(dev));
  driver_release_device(dev);
}

void list_del_device(iommu_group* group, device* dev) {
  KFUNC();
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const of = gdev->dev;
    if (of != dev) continue;
    take_group_pasids(group, dev);
    list_del(&gdev->list);
    __iommu_group_free_device(group, gdev);
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
  driver_attach_dev(normal, dev, domain);
}

// The group's mutex, where the version in use takes it.
class group_section {
 public:
  explicit group_section(iommu_group* group)
      : group_(group), cs_(removal().group_lock, {.sleeping = &group->mutex}) {}
  void at(removal_site site) {
    if ((removal().group_lock.closes >> site & 1) != 0) CONTRACT(group_settled, group_);
    cs_.at(site);
  }

 private:
  iommu_group* group_;
  critical_section cs_;
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
  release_op(dev);
  cs.at(removal_begin);
  list_del_device(group, dev);
  cs.at(after_list_del);
  dev->iommu_group = nullptr;
  iommu_group_put(group);
  dev_iommu_free(dev);
}

void remove_group_then_driver(device* dev, iommu_group* group) {
  KFUNC();
  group_section cs(group);
  cs.at(removal_begin);
  list_del_device(group, dev);
  cs.at(after_list_del);
  dev->iommu_group = nullptr;
  iommu_group_put(group);
  release_op(dev);
  dev_iommu_free(dev);
}

// The proposal's flag per device: its driver uses the default domain.
void warn_if_bound_device(device* dev) {
  KFUNC();
  const u64 driver = dev->driver;
  WARN_ON(driver == BOUND_KERNEL);
}

void __iommu_group_remove_device(device* dev, iommu_group* group) {
  KFUNC();
  if (removal_has(warn_if_bound)) warn_if_bound_device(dev);
  switch (removal().order) {
    case removal_order::list_then_driver:
      return remove_list_then_driver(dev, group);
    case removal_order::driver_then_list:
      return remove_driver_then_list(dev, group);
    case removal_order::group_then_driver:
      return remove_group_then_driver(dev, group);
  }
}

}  // namespace

void iommu_deinit_device(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (removal_has(domains_with_device)) lockdep_assert_held(&group->mutex);
  release_op(dev);
  if (removal_has(domains_with_device) && list_empty(&group->devices)) {
    free_core_domains(group);
    group->domain = nullptr;
  }
  dev->iommu_group = nullptr;
  dev_iommu_free(dev);
}

void iommu_group_remove_device(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return;
  __iommu_group_remove_device(dev, group);
}

void iommu_release_device(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group != nullptr) __iommu_group_remove_device(dev, group);
  dev_iommu* const param = dev->iommu;
  if (param != nullptr) dev_iommu_free(dev);
  CONTRACT(release_returned, dev);
}

}  // namespace iorace::kern
