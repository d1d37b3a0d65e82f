// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Groups that come and go. Kernel: drivers/vfio/vfio_iommu_type1.c @ 6.12.117. Two groups with an
// iommu share a domain if their iommus agree about coherency.
#include "model/critical_section.h"
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

vfio_domain* compatible_domain(vfio_iommu* iommu, bool coherent) {
  vfio_domain* d = nullptr;
  list_for_each_entry(d, &iommu->domain_list, next) {
    if (d->enforce_cache_coherency == coherent) return d;
  }
  return nullptr;
}

int attach_with_iommu(vfio_iommu* iommu, vfio_group* group, mm_struct* mm) {
  const bool coherent = group->type == VFIO_IOMMU_COHERENT;
  auto* const domain = kzalloc<vfio_domain>();
  if (domain == nullptr) return -ENOMEM;
  INIT_LIST_HEAD(&domain->group_list);
  domain->enforce_cache_coherency = coherent;
  vfio_domain* const d = compatible_domain(iommu, coherent);
  if (d != nullptr) {
    list_add(&group->next, &d->group_list);
    kfree(domain);
    return 0;
  }
  const int ret = vfio_iommu_replay(iommu, domain, mm);
  if (ret != 0) {
    kfree(domain);
    return ret;
  }
  list_add(&group->next, &domain->group_list);
  list_add(&domain->next, &iommu->domain_list);
  return 0;
}

int attach_locked(vfio_iommu* iommu, u32 type, mm_struct* mm, vfio_group** made) {
  auto* const group = kzalloc<vfio_group>();
  if (group == nullptr) return -ENOMEM;
  mutex_init(&group->group_lock);
  group->type = type;
  refcount_set(&group->users, 1);
  int ret = 0;
  if (type == VFIO_EMULATED_IOMMU)
    list_add(&group->next, &iommu->emulated_iommu_groups);
  else
    ret = attach_with_iommu(iommu, group, mm);
  if (ret == 0)
    *made = group;
  else
    kfree(group);
  return ret;
}

enum attach_site : unsigned { before_test, after_test, before_add, attached };
constexpr cs_row attach_rows[] = {
    {lock_kind::mutex, on(before_test), on(attached)},
    {lock_kind::mutex, on(before_test, before_add), on(after_test, attached)},
};

}  // namespace

int vfio_iommu_type1_attach_group(vfio_iommu* iommu, u32 type, mm_struct* mm, vfio_group** made) {
  KFUNC();
  critical_section cs(attach_rows[chosen(knob::attach_group_lock)], {.sleeping = &iommu->lock});
  int ret = 0;
  cs.at(before_test);
  // Whoever attaches may have to pin.
  if (era().excludes && iommu->vaddr_invalid_count != 0) ret = -EBUSY;
  cs.at(after_test);
  cs.at(before_add);
  if (ret == 0) ret = attach_locked(iommu, type, mm, made);
  CONTRACT(iommu_lock_released, iommu);
  cs.at(attached);
  return ret;
}

static bool is_last_domain(vfio_iommu* iommu) {
  vfio_domain* const first = list_first_entry(&iommu->domain_list, vfio_domain, next);
  return list_next(&first->next) == &iommu->domain_list;
}

static void detach_emulated(vfio_iommu* iommu, vfio_group* group) {
  list_del(&group->next);
  if (!list_empty(&iommu->emulated_iommu_groups)) return;
  if (!list_empty(&iommu->domain_list)) return;
  WARN_ON(!list_empty(&iommu->device_list));
  vfio_iommu_unmap_unpin_all(iommu);
}

static vfio_domain* find_iommu_group(vfio_iommu* iommu, const vfio_group* group) {
  vfio_domain* domain = nullptr;
  list_for_each_entry(domain, &iommu->domain_list, next) {
    vfio_group* g = nullptr;
    list_for_each_entry(g, &domain->group_list, next) {
      if (g == group) return domain;
    }
  }
  return nullptr;
}

// The last domain takes all mappings with it, or only what counts for them.
static void detach_with_iommu(vfio_iommu* iommu, vfio_group* group) {
  vfio_domain* const domain = find_iommu_group(iommu, group);
  list_del(&group->next);
  if (!list_empty(&domain->group_list)) return;
  if (is_last_domain(iommu)) {
    if (list_empty(&iommu->emulated_iommu_groups)) {
      WARN_ON(!list_empty(&iommu->device_list));
      vfio_iommu_unmap_unpin_all(iommu);
    } else {
      vfio_iommu_unmap_unpin_reaccount(iommu);
    }
  }
  list_del(&domain->next);
  kfree(domain);
}

void vfio_iommu_type1_detach_group(vfio_iommu* iommu, vfio_group* group) {
  KFUNC();
  mutex_lock(&iommu->lock);
  if (group->type == VFIO_EMULATED_IOMMU)
    detach_emulated(iommu, group);
  else
    detach_with_iommu(iommu, group);
  unlock_iommu(iommu);
}

}  // namespace iorace::kern::type1
