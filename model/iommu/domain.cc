// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What groups are attached to. Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommu/contracts.h"
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

int count_devices(iommu_group* group) {
  int n = 0;
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list)++ n;
  return n;
}

// The first device's. Simplified: all IOMMUs have one driver, whose domains are of one IOMMU each.
bool has_driver_of(core_domain* domain, iommu_group* group) {
  const device* const dev = iommu_group_first_dev(group);
  return dev->iommu_dev.peek() == domain->iommu.load(op_kind::read);
}

int __iommu_attach_group(core_domain* domain, iommu_group* group) {
  KFUNC();
  core_domain* const now = group->domain;
  core_domain* const normal = group->default_domain;
  core_domain* const blocking = group->blocking_domain;
  if (now != nullptr && now != normal && now != blocking) return -EBUSY;
  if (!has_driver_of(domain, group)) return -EINVAL;
  return __iommu_group_set_domain_internal(group, domain, 0);
}

void __iommu_group_set_core_domain(iommu_group* group) {
  KFUNC();
  const u64 owner = group->owner;
  core_domain* const domain = owner != 0 ? group->blocking_domain : group->default_domain;
  WARN_ON(__iommu_group_set_domain_internal(group, domain, IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0);
}

// A device of the group is being reset: it stays blocked until that is done.
bool is_fenced(iommu_group* group, unsigned flags) {
  const core_domain* const resetting = group->resetting_domain;
  if (resetting == nullptr) return false;
  const bool must_succeed = (flags & IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0;
  return !must_succeed || omit(knob::reset_fence, FENCE_REJECTS_ALL);
}

// Puts the devices up to `last` back, which `failed` was to be attached to.
void revert(iommu_group* group, const group_device* last, core_domain* failed) {
  PROBE(domain_reverted);
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    core_domain* const old = group->domain;
    device* const dev = gdev->dev;
    if (old != nullptr)
      WARN_ON(__iommu_device_set_domain(group, dev, old, gdev == last ? old : failed,
                                        IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0);
    if (gdev == last) break;
  }
}

}  // namespace

int __iommu_device_set_domain(iommu_group* group, device* dev, core_domain* domain,
                              core_domain* old, unsigned flags) {
  KFUNC();
  core_domain* const blocking = group->blocking_domain;
  const dev_iommu* const param = dev->iommu;
  if (param->require_direct.load(op_kind::read) != 0 &&
      (domain->type.load(op_kind::read) == IOMMU_DOMAIN_BLOCKED || domain == blocking))
    return -EINVAL;
  if (attach_is_deferred(dev)) {
    core_domain* const normal = group->default_domain;
    if (domain == normal) return 0;
    dev->iommu.load(op_kind::read)->attach_deferred = 0;
  }
  // Whoever ends the reset attaches what the group is attached to then.
  if (param->resetting.load(op_kind::read) != 0) return 0;
  const int rc = __iommu_attach_device(domain, dev, old);
  if (rc == 0) return 0;
  if ((flags & IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0 && blocking != nullptr && blocking != domain)
    __iommu_attach_device(blocking, dev, old);
  return rc;
}

int __iommu_group_set_domain_internal(iommu_group* group, core_domain* domain, unsigned flags) {
  KFUNC();
  int result = 0;
  core_domain* const now = group->domain;
  if (now == domain) return 0;
  if (domain == nullptr) {
    WARN_ON(domain == nullptr);
    return -EINVAL;
  }
  if (is_fenced(group, flags)) return -EBUSY;
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const dev = gdev->dev;
    const int rc = __iommu_device_set_domain(group, dev, domain, now, flags);
    if (rc == 0) continue;
    result = rc;
    if ((flags & IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0) continue;
    revert(group, gdev, domain);
    return rc;
  }
  group->domain = domain;
  return result;
}

core_domain* iommu_get_domain_for_dev(device* dev) {
  KFUNC();
  const iommu_group* const group = dev->iommu_group;
  return group == nullptr ? nullptr : group->domain.load(op_kind::read);
}

int iommu_attach_group(core_domain* domain, iommu_group* group) {
  KFUNC();
  iommu_group_lock(group);
  const int rc = __iommu_attach_group(domain, group);
  iommu_group_unlock(group);
  return rc;
}

void iommu_detach_group(core_domain*, iommu_group* group) {
  KFUNC();
  iommu_group_lock(group);
  __iommu_group_set_core_domain(group);
  iommu_group_unlock(group);
}

int iommu_group_replace_domain(iommu_group* group, core_domain* domain) {
  KFUNC();
  iommu_group_lock(group);
  const int rc =
      has_driver_of(domain, group) ? __iommu_group_set_domain_internal(group, domain, 0) : -EINVAL;
  iommu_group_unlock(group);
  return rc;
}

int iommu_attach_device(core_domain* domain, device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return -ENODEV;
  iommu_group_lock(group);
  const int rc = count_devices(group) == 1 ? __iommu_attach_group(domain, group) : -EINVAL;
  iommu_group_unlock(group);
  return rc;
}

void iommu_detach_device(core_domain* domain, device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return;
  iommu_group_lock(group);
  core_domain* const now = group->domain;
  WARN_ON(domain != now);
  WARN_ON(count_devices(group) != 1);
  __iommu_group_set_core_domain(group);
  iommu_group_unlock(group);
}

}  // namespace iorace::kern
