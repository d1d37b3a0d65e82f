// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who may let the devices of a group do DMA: drivers through the default domain, or one owner.
// Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {

int __iommu_group_alloc_blocking_domain(iommu_group* group) {
  KFUNC();
  core_domain* const already = group->blocking_domain;
  if (already != nullptr) return 0;
  core_domain* const domain =
      iommu_paging_domain_alloc(iommu_group_first_dev(group), IOMMU_DOMAIN_BLOCKED);
  if (IS_ERR(domain)) return static_cast<int>(PTR_ERR(domain));
  group->blocking_domain = domain;
  return 0;
}

namespace {

int __iommu_take_dma_ownership(iommu_group* group, u64 owner) {
  KFUNC();
  core_domain* const now = group->domain;
  core_domain* const normal = group->default_domain;
  if ((now != nullptr && now != normal) || !xa_empty(&group->pasid_array)) return -EBUSY;
  if (!omit(knob::claim_dma_owner_ready, CLAIM_UNCHECKED) && normal == nullptr) return -EBUSY;
  int rc = __iommu_group_alloc_blocking_domain(group);
  if (rc != 0) return rc;
  core_domain* const blocking = group->blocking_domain;
  rc = __iommu_group_set_domain_internal(group, blocking, 0);
  if (rc != 0) return rc;
  group->owner = owner;
  group->owner_cnt++;
  PROBE(owner_claimed);
  return 0;
}

void __iommu_release_dma_ownership(iommu_group* group) {
  KFUNC();
  const u64 count = group->owner_cnt;
  const u64 owner = group->owner;
  WARN_ON(count == 0 || owner == 0 || !xa_empty(&group->pasid_array));
  group->owner_cnt = 0;
  group->owner = 0;
  core_domain* const normal = group->default_domain;
  WARN_ON(__iommu_group_set_domain_internal(group, normal, IOMMU_SET_DOMAIN_MUST_SUCCEED) != 0);
}

// There may be a pass over the bus that has not got round to the group.
bool is_ready(iommu_group* group) {
  if (omit(knob::use_default_domain_ready, READY_UNCHECKED)) return true;
  return group->default_domain.load(op_kind::read) != nullptr;
}

bool is_used_otherwise(iommu_group* group) {
  if (omit(knob::use_default_domain_check, USE_UNCHECKED)) return false;
  const u64 count = group->owner_cnt;
  if (count == 0) return false;
  core_domain* const normal = group->default_domain;
  core_domain* const now = group->domain;
  const u64 owner = group->owner;
  return now != normal || owner != 0 || !xa_empty(&group->pasid_array);
}

}  // namespace

int iommu_device_use_default_domain(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return 0;
  iommu_group_lock(group);
  int rc = 0;
  if (!is_ready(group))
    rc = -EPROBE_DEFER;
  else if (is_used_otherwise(group))
    rc = -EBUSY;
  if (rc == 0) group->owner_cnt++;
  iommu_group_unlock(group);
  if (rc != 0) PROBE(owner_refused);
  return rc;
}

void iommu_device_unuse_default_domain(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return;
  iommu_group_lock(group);
  const u64 count = group->owner_cnt;
  const bool others = count > 1 && !omit(knob::unuse_default_domain_pasids, PASIDS_OF_ALL);
  WARN_ON(count == 0 || (!others && !xa_empty(&group->pasid_array)));
  group->owner_cnt = count - 1;
  iommu_group_unlock(group);
}

int iommu_group_claim_dma_owner(iommu_group* group, u64 owner) {
  KFUNC();
  WARN_ON(owner == 0);
  iommu_group_lock(group);
  const u64 count = group->owner_cnt;
  const int rc = count != 0 ? -EPERM : __iommu_take_dma_ownership(group, owner);
  iommu_group_unlock(group);
  if (rc != 0) PROBE(owner_refused);
  return rc;
}

void iommu_group_release_dma_owner(iommu_group* group) {
  KFUNC();
  iommu_group_lock(group);
  __iommu_release_dma_ownership(group);
  iommu_group_unlock(group);
}

int iommu_device_claim_dma_owner(device* dev, u64 owner) {
  KFUNC();
  WARN_ON(owner == 0);
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return -ENODEV;
  int rc = 0;
  iommu_group_lock(group);
  const u64 count = group->owner_cnt;
  if (count == 0) {
    rc = __iommu_take_dma_ownership(group, owner);
  } else {
    const u64 now = group->owner;
    if (now != owner)
      rc = -EPERM;
    else
      group->owner_cnt = count + 1;
  }
  iommu_group_unlock(group);
  if (rc != 0) PROBE(owner_refused);
  return rc;
}

void iommu_device_release_dma_owner(device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  iommu_group_lock(group);
  const u64 count = group->owner_cnt;
  if (count > 1)
    group->owner_cnt = count - 1;
  else
    __iommu_release_dma_ownership(group);
  iommu_group_unlock(group);
}

}  // namespace iorace::kern
