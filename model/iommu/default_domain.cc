// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The domain of a group that nobody owns, and what firmware wants to be mapped in it: it goes on
// using its memory through devices, and a device that wants that is never blocked, unless firmware
// gives way. Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/iommu/contracts.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"

namespace iorace::kern {

int iommu_create_device_direct_mappings(core_domain* domain, device* dev) {
  const u64 flags = dev->flags.peek();
  if ((flags & (DEVICE_DIRECT | DEVICE_RELAXABLE)) == 0) return 0;
  KFUNC();
  dev_iommu* const param = dev->iommu;
  if ((flags & DEVICE_DIRECT) != 0) param->require_direct = 1;
  const u64 pfn = vfio_iova / PAGE_SIZE;
  if (pgtable_iova_to_phys(&domain->pgtable, pfn) != nullptr) return 0;
  return pgtable_map(&domain->pgtable, pfn, 1, this_world().iommu->firmware);
}

namespace {

// Returns false if one of the devices has not got what it wants.
bool create_direct_mappings(iommu_group* group, core_domain* domain) {
  KFUNC();
  bool made = true;
  group_device* gdev = nullptr;
  list_for_each_entry(gdev, &group->devices, list) {
    device* const dev = gdev->dev;
    if (iommu_create_device_direct_mappings(domain, dev) != 0) made = false;
  }
  return made;
}

// Attaches the group to its new default domain. Returns 0 or the error.
int attach_default(iommu_group* group, core_domain* domain, core_domain* old) {
  KFUNC();
  const bool made = create_direct_mappings(group, domain);
  group->default_domain = domain;
  core_domain* const now = group->domain;
  const unsigned flags = now == nullptr ? unsigned{IOMMU_SET_DOMAIN_MUST_SUCCEED} : 0u;
  const int rc = __iommu_group_set_domain_internal(group, domain, flags);
  if (now == nullptr) WARN_ON(rc != 0);
  if (rc != 0) return rc;
  // Some drivers map once the domain is attached, and not before.
  if (made || create_direct_mappings(group, domain)) return 0;
  if (old != nullptr) __iommu_group_set_domain_internal(group, old, IOMMU_SET_DOMAIN_MUST_SUCCEED);
  return -ENOMEM;
}

}  // namespace

int iommu_setup_default_domain(iommu_group* group, u64 type) {
  KFUNC();
  core_domain* const old = group->default_domain;
  device* const first = iommu_group_first_dev(group);
  core_domain* const domain =
      iommu_paging_domain_alloc(first, type == 0 ? u64{IOMMU_DOMAIN_DMA} : type);
  if (IS_ERR(domain)) return static_cast<int>(PTR_ERR(domain));
  const int rc = attach_default(group, domain, old);
  if (old == nullptr) return rc;
  iommu_domain_free(rc == 0 ? old : domain);
  if (rc != 0) group->default_domain = old;
  return rc;
}

// Requires: the group's mutex.
static int change_type(iommu_group* group, u64 type) {
  KFUNC();
  if (type == IOMMU_DOMAIN_DMA_FQ) {
    core_domain* const normal = group->default_domain;
    BUG_ON(normal == nullptr);  // where the kernel would take an exception
    if (normal->type.load(op_kind::read) == IOMMU_DOMAIN_DMA) {
      normal->type = IOMMU_DOMAIN_DMA_FQ;
      return 0;
    }
  }
  const u64 users = group->owner_cnt;
  if (list_empty(&group->devices) || users != 0) return -EPERM;
  return iommu_setup_default_domain(group, type);
}

enum store_type_site : unsigned { before_look, after_look, type_stored };
constexpr cs_row store_type_rows[] = {
    {lock_kind::mutex, on(after_look), on(type_stored)},   // LOOK_BEFORE_LOCK
    {lock_kind::mutex, on(before_look), on(type_stored)},  // LOOK_UNDER_LOCK
};

int iommu_group_store_type(iommu_group* group, u64 type) {
  KFUNC();
  critical_section cs(store_type_rows[chosen(knob::store_type_look)], {.sleeping = &group->mutex});
  cs.at(before_look);
  const core_domain* const normal = group->default_domain;
  int rc = -EINVAL;
  if (normal != nullptr) {
    cs.at(after_look);
    rc = change_type(group, type);
    CONTRACT(group_settled, group);
  }
  cs.at(type_stored);
  return rc;
}

}  // namespace iorace::kern
