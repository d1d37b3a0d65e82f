// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/vfio/group.c, container.c, vfio_main.c, vfio_iommu_type1.c @ 6.12.117.
#include "model/iommu/vfio_group.h"

#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

vfio_iommu_group* vfio_group_of(const device* dev) {
  return this_world().iommu->slots[dev->slot.peek()]->vfio_group.peek();
}

void unmap_all(vfio_iommu_group* vgroup, core_domain* domain) {
  KFUNC();
  dma_page* const page = vgroup->page;
  if (page == nullptr) return;
  vgroup->page = nullptr;
  domain_unmap_page(domain, vfio_iova, page);
}

// The domain goes before the ownership: in between the group is blocked.
void vfio_group_detach_container(vfio_iommu_group* vgroup) {
  KFUNC();
  iommu_group* const group = vgroup->group;
  core_domain* const domain = vgroup->domain;
  iommu_detach_group(domain, group);
  unmap_all(vgroup, domain);
  iommu_domain_free(domain);
  iommu_group_release_dma_owner(group);
  vgroup->domain = nullptr;
  vgroup->container_users = 0;
}

void vfio_group_drop(vfio_iommu_group* vgroup) {
  KFUNC();
  iommu_group* const group = vgroup->group;
  vgroup->group = nullptr;
  iommu_group_put(group);
}

int vfio_container_attach_group(vfio_iommu_group* vgroup, iommu_group* group, device* dev) {
  KFUNC();
  int rc = iommu_group_claim_dma_owner(group, OWNER_VFIO);
  if (rc != 0) return rc;
  core_domain* const domain = iommu_paging_domain_alloc(dev, IOMMU_DOMAIN_UNMANAGED);
  const bool made = !IS_ERR(domain);
  rc = made ? iommu_attach_group(domain, group) : static_cast<int>(PTR_ERR(domain));
  if (rc != 0) {
    if (made) iommu_domain_free(domain);
    iommu_group_release_dma_owner(group);
    return rc;
  }
  vgroup->domain = domain;
  vgroup->container_users = 1;
  return 0;
}

}  // namespace

void vfio_device_set_group(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  iommu_group* const group = dev->iommu_group;
  mutex_lock(&vgroup->group_lock);
  iommu_group* const known = vgroup->group;
  if (known == nullptr) {
    iommu_group_get(group);
    vgroup->group = group;
  }
  vgroup->devices++;
  mutex_unlock(&vgroup->group_lock);
}

// The last device of a group takes the group away from VFIO, container and all.
void vfio_device_remove_group(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  const u64 left = vgroup->devices - 1;
  vgroup->devices = left;
  core_domain* const domain = vgroup->domain;
  const bool kept = domain != nullptr && omit(knob::vfio_group_lifetime, LIFETIME_UNTIL_DETACH);
  if (left == 0 && !kept) {
    if (domain != nullptr) vfio_group_detach_container(vgroup);
    vfio_group_drop(vgroup);
  }
  mutex_unlock(&vgroup->group_lock);
}

int vfio_device_block_group(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  const core_domain* const domain = vgroup->domain;
  if (domain == nullptr) vgroup->cdev_device_open_cnt++;
  mutex_unlock(&vgroup->group_lock);
  return domain == nullptr ? 0 : -EBUSY;
}

void vfio_device_unblock_group(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  vgroup->cdev_device_open_cnt--;
  mutex_unlock(&vgroup->group_lock);
}

// Without iommufd nobody uses devices one by one. Requires: group_lock.
static bool is_blocked(vfio_iommu_group* vgroup) {
  return this_world().idev != nullptr && vgroup->cdev_device_open_cnt.load(op_kind::read) != 0;
}

int vfio_set_container(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  core_domain* const domain = vgroup->domain;
  iommu_group* const group = vgroup->group;
  int rc = domain != nullptr ? -EINVAL : -ENODEV;
  if (domain == nullptr && group != nullptr)
    rc = is_blocked(vgroup) ? -EBUSY : vfio_container_attach_group(vgroup, group, dev);
  mutex_unlock(&vgroup->group_lock);
  return rc;
}

int vfio_unset_container(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  core_domain* const domain = vgroup->domain;
  const u64 users = vgroup->container_users;
  int rc = domain == nullptr ? -EINVAL : -EBUSY;
  if (domain != nullptr && users == 1) {
    rc = 0;
    vfio_group_detach_container(vgroup);
    const u64 left = vgroup->devices;
    if (left == 0) vfio_group_drop(vgroup);
  }
  mutex_unlock(&vgroup->group_lock);
  return rc;
}

int vfio_group_map_dma(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  core_domain* const domain = vgroup->domain;
  dma_page* page = vgroup->page;
  int rc = domain == nullptr ? -EINVAL : -EEXIST;
  if (domain != nullptr && page == nullptr) rc = domain_map_page(domain, vfio_iova, &page);
  if (rc == 0) vgroup->page = page;
  mutex_unlock(&vgroup->group_lock);
  return rc;
}

int vfio_group_unmap_dma(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  core_domain* const domain = vgroup->domain;
  const dma_page* const page = vgroup->page;
  const int rc = domain == nullptr ? -EINVAL : page == nullptr ? -ENOENT : 0;
  if (rc == 0) unmap_all(vgroup, domain);
  mutex_unlock(&vgroup->group_lock);
  return rc;
}

int vfio_open(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  if (!refcount_inc_not_zero(&dev->registered)) return -ENODEV;
  mutex_lock(&vgroup->group_lock);
  core_domain* const domain = vgroup->domain;
  if (domain != nullptr) {
    vgroup->container_users++;
    dev->opened++;
  }
  mutex_unlock(&vgroup->group_lock);
  if (domain != nullptr) return 0;
  if (refcount_dec_and_test(&dev->registered)) complete(&dev->comp);
  return -EINVAL;
}

int vfio_close(device* dev) {
  KFUNC();
  vfio_iommu_group* const vgroup = vfio_group_of(dev);
  mutex_lock(&vgroup->group_lock);
  const u64 open = dev->opened;
  if (open != 0) {
    dev->opened = open - 1;
    vgroup->container_users--;
  }
  mutex_unlock(&vgroup->group_lock);
  if (open == 0) return -EBADF;
  if (refcount_dec_and_test(&dev->registered)) complete(&dev->comp);
  return 0;
}

}  // namespace iorace::kern
