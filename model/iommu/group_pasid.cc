// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Domains for PASIDs: all devices of a group that have PASIDs get the same one.
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

bool has_pasids(device* dev) {
  const dev_iommu* const param = dev->iommu;
  return param->max_pasids.load(op_kind::read) != 0;
}

// Takes the domain from the devices before `failed`, or from all.
void undo(core_domain* domain, iommu_group* group, const group_device* failed, unsigned pasid) {
  KFUNC();
  PROBE(pasid_undone);
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    if (!omit(knob::set_group_pasid_undo, UNDO_ALL) && gdev == failed) break;
    device* const dev = gdev->dev;
    if (has_pasids(dev)) driver_remove_dev_pasid(domain, dev, pasid);
  }
}

int __iommu_set_group_pasid(core_domain* domain, iommu_group* group, unsigned pasid) {
  KFUNC();
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const dev = gdev->dev;
    if (!has_pasids(dev)) continue;
    const int rc = driver_set_dev_pasid(domain, dev, pasid);
    if (rc == 0) continue;
    undo(domain, group, gdev, pasid);
    return rc;
  }
  return 0;
}

void __iommu_remove_group_pasid(core_domain* domain, iommu_group* group, unsigned pasid) {
  KFUNC();
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const dev = gdev->dev;
    if (has_pasids(dev)) driver_remove_dev_pasid(domain, dev, pasid);
  }
}

// Devices without PASIDs do not count.
bool is_in_range(iommu_group* group, unsigned pasid) {
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const dev = gdev->dev;
    const dev_iommu* const param = dev->iommu;
    const u64 max = param->max_pasids;
    if (max > 0 && pasid >= max) return false;
  }
  return true;
}

}  // namespace

int iommu_attach_device_pasid(core_domain* domain, device* dev, unsigned pasid) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return -ENODEV;
  if (pasid == IOMMU_NO_PASID) return -EINVAL;
  iommu_group_lock(group);
  int rc = is_in_range(group, pasid) ? 0 : -EINVAL;
  if (rc == 0) rc = xa_insert(&group->pasid_array, pasid, domain);
  if (rc == 0) {
    rc = __iommu_set_group_pasid(domain, group, pasid);
    if (rc != 0) xa_erase(&group->pasid_array, pasid);
  }
  iommu_group_unlock(group);
  return rc;
}

void iommu_detach_device_pasid(core_domain* domain, device* dev, unsigned pasid) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  iommu_group_lock(group);
  __iommu_remove_group_pasid(domain, group, pasid);
  xa_erase(&group->pasid_array, pasid);
  iommu_group_unlock(group);
}

void take_group_pasids(iommu_group* group, device* dev) {
  KFUNC();
  if (!omit(knob::remove_device_pasids, PASIDS_TAKEN)) return;
  if ((dev->flags.peek() & DEVICE_PASID) == 0) return;
  core_domain* domain = nullptr;
  unsigned long pasid = 0;
  xa_for_each(&group->pasid_array, pasid, domain)
      driver_remove_dev_pasid(domain, dev, static_cast<unsigned>(pasid));
}

}  // namespace iorace::kern
