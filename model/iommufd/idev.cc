// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Binding: who owns the DMA of a group. Kernel: drivers/iommu/iommufd/device.c @ 6.12.117.
#include "model/iommufd/idev.h"

namespace iorace::kern {
namespace {

// Simplified: of the place on the bus; a group that is new there has it once the old one is gone.
unsigned long iommu_group_id(const iommu_group* group) { return group->slot.peek(); }

void iommufd_group_release(kref* ref) {
  KFUNC();
  auto* const igroup = container_of(ref, iommufd_group, ref);
  iommufd_ctx* const ictx = igroup->ictx;
  iommu_group* const group = igroup->group;
  WARN_ON(igroup->hwpt.load(op_kind::read) != nullptr);
  WARN_ON(!list_empty(&igroup->device_list));
  xa_cmpxchg(&ictx->groups, iommu_group_id(group), igroup, nullptr);
  iommu_group_put(group);
  kfree(igroup);
}

void iommufd_put_group(iommufd_group* igroup) {
  KFUNC();
  kref_put(&igroup->ref, iommufd_group_release);
}

bool iommufd_group_try_get(iommufd_group* igroup, const iommu_group* group) {
  KFUNC();
  if (igroup == nullptr) return false;
  const iommu_group* const known = igroup->group;
  if (WARN_ON(known != group)) return false;
  return kref_get_unless_zero(&igroup->ref);
}

// Null, or with a reference. Requires: the lock of the array.
iommufd_group* find_group(iommufd_ctx* ictx, const iommu_group* group) {
  auto* const igroup = static_cast<iommufd_group*>(xa_load(&ictx->groups, iommu_group_id(group)));
  return iommufd_group_try_get(igroup, group) ? igroup : nullptr;
}

// Takes over the reference to `group`.
iommufd_group* alloc_group(iommufd_ctx* ictx, iommu_group* group) {
  auto* const igroup = kzalloc<iommufd_group>();
  if (igroup == nullptr) {
    iommu_group_put(group);
    return nullptr;
  }
  kref_init(&igroup->ref);
  mutex_init(&igroup->lock);
  INIT_LIST_HEAD(&igroup->device_list);
  igroup->group = group;
  igroup->ictx = ictx;
  return igroup;
}

// Simplified: the array has room for its entries, so that its lock is not dropped in between.
iommufd_group* iommufd_get_group(iommufd_ctx* ictx, struct device* dev) {
  KFUNC();
  iommu_group* const group = dev->iommu_group;
  if (group == nullptr) return ERR_PTR(-ENODEV);
  iommu_group_get(group);
  xa_lock(&ictx->groups);
  iommufd_group* igroup = find_group(ictx, group);
  xa_unlock(&ictx->groups);
  if (igroup != nullptr) {
    PROBE(igroup_shared);
    iommu_group_put(group);
    return igroup;
  }
  iommufd_group* const fresh = alloc_group(ictx, group);
  if (fresh == nullptr) return ERR_PTR(-ENOMEM);
  xa_lock(&ictx->groups);
  igroup = find_group(ictx, group);
  void* const failed = igroup == nullptr
                           ? __xa_store(&ictx->groups, iommu_group_id(group), fresh, gfp::atomic)
                           : nullptr;
  xa_unlock(&ictx->groups);
  if (igroup == nullptr && !xa_is_err(failed)) return fresh;
  iommufd_put_group(fresh);
  return igroup != nullptr ? igroup : ERR_PTR(xa_err(failed));
}

}  // namespace

iommufd_core_device* iommufd_device_bind(iommufd_ctx* ictx, struct device* dev) {
  KFUNC();
  iommufd_group* const igroup = iommufd_get_group(ictx, dev);
  if (IS_ERR(igroup)) return ERR_CAST(igroup);
  int rc = iommu_device_claim_dma_owner(dev, OWNER_IOMMUFD);
  if (rc != 0) {
    iommufd_put_group(igroup);
    return ERR_PTR(rc);
  }
  auto* const idev = iommufd_object_alloc<iommufd_core_device>(ictx, iommufd_object_type::device);
  if (IS_ERR(idev)) {
    iommu_device_release_dma_owner(dev);
    iommufd_put_group(igroup);
    return idev;
  }
  idev->ictx = ictx;
  iommufd_ctx_get(ictx);
  idev->dev = dev;
  refcount_inc(&idev->obj.users);
  idev->igroup = igroup;
  iommufd_object_finalize(ictx, &idev->obj);
  return idev;
}

void iommufd_device_unbind(iommufd_core_device* idev) {
  KFUNC();
  iommufd_ctx* const ictx = idev->ictx;
  iommufd_object_destroy_user(ictx, &idev->obj);
}

void iommufd_device_destroy(iommufd_object* obj) {
  KFUNC();
  auto* const idev = container_of(obj, iommufd_core_device, obj);
  struct device* const dev = idev->dev;
  iommufd_group* const igroup = idev->igroup;
  iommufd_ctx* const ictx = idev->ictx;
  iommu_device_release_dma_owner(dev);
  iommufd_put_group(igroup);
  iommufd_ctx_put(ictx);
}

}  // namespace iorace::kern
