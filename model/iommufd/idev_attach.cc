// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Attaching: which domain the devices of a group translate by. The group is attached with its first
// device; the others follow it. Kernel: drivers/iommu/iommufd/device.c @ 6.12.117.
// Omitted: page requests (model/iopf), MSI windows, PASIDs.
#include "model/iommufd/idev.h"
#include "model/iommufd/idev_contracts.h"
#include "model/iommufd/io_pagetable.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum detach_step : u8 { read_hwpt, take_lock };
constexpr detach_step detach_rows[][2] = {
    {read_hwpt, take_lock},  // DETACH_READS_UNLOCKED
    {take_lock, read_hwpt},  // DETACH_READS_LOCKED
};

enum auto_step : u8 { attach_group, mark, publish };
struct auto_row {
  auto_step steps[3];
  bool holds;  // a reference, until the mutex of the IO address space is dropped
};
constexpr auto_row auto_rows[] = {
    {{attach_group, mark, publish}, false},  // AUTO_AFTER_ATTACH
    {{mark, attach_group, publish}, false},  // AUTO_MARKED_FIRST
    {{mark, publish, attach_group}, true},   // AUTO_BEFORE_ATTACH
};

// The domain as the core knows it; null if the driver of the device has not made it.
core_domain* domain_of(iommufd_hwpt_paging* hwpt) {
  iommu_domain* const domain = hwpt->domain;
  return to_core_domain(domain);
}

bool iommufd_device_is_attached(iommufd_core_device* idev) {
  KFUNC();
  iommufd_group* const igroup = idev->igroup;
  iommufd_core_device* cur = nullptr;
  list_for_each_entry(cur, &igroup->device_list, group_item) {
    if (cur == idev) return true;
  }
  return false;
}

// Requires: igroup->lock.
int iommufd_hwpt_attach_device(iommufd_hwpt_paging* hwpt, iommufd_group* igroup) {
  KFUNC();
  lockdep_assert_held(&igroup->lock);
  core_domain* const domain = domain_of(hwpt);
  iommu_group* const group = igroup->group;
  return domain == nullptr ? -EINVAL : iommu_attach_group(domain, group);
}

// Drops what an attachment holds: a domain that was made for it goes with the last one.
void iommufd_hw_pagetable_put(iommufd_ctx* ictx, iommufd_hwpt_paging* hwpt) {
  KFUNC();
  const bool automatic = hwpt->auto_domain;
  if (!automatic) return refcount_dec(&hwpt->obj.users);
  PROBE(auto_domain_gone);
  iommufd_object_put_and_try_destroy(ictx, &hwpt->obj);
}

// Requires: igroup->lock.
int replace_group(iommufd_group* igroup, iommufd_hwpt_paging* hwpt, iommufd_hwpt_paging* old) {
  const int rc = iommufd_group_do_replace_reserved_iova(igroup, hwpt);
  if (rc != 0) return rc;
  core_domain* const domain = domain_of(hwpt);
  iommu_group* const group = igroup->group;
  const int replaced = domain == nullptr ? -EINVAL : iommu_group_replace_domain(group, domain);
  iommufd_hwpt_paging* const unused = replaced == 0 ? old : hwpt;
  // Upstream does not ask after a failure: what the group stays attached to may be the same.
  bool moved = iopt_of(hwpt) != iopt_of(old);
  if (replaced != 0 && !omit(knob::device_replace_unwind, UNWIND_DROPS_NEW)) moved = true;
  if (moved) iommufd_group_remove_reserved_iova(igroup, unused);
  return replaced;
}

// Returns the page table that is not used any more, whose reference is the caller's, null, or
// ERR_PTR.
iommufd_hwpt_paging* iommufd_device_do_replace(iommufd_core_device* idev,
                                               iommufd_hwpt_paging* hwpt) {
  KFUNC();
  iommufd_group* const igroup = idev->igroup;
  mutex_lock(&igroup->lock);
  iommufd_hwpt_paging* old = igroup->hwpt;
  int rc = old == nullptr || !iommufd_device_is_attached(idev) ? -EINVAL : 0;
  if (rc == 0 && old == hwpt) {
    mutex_unlock(&igroup->lock);
    return nullptr;
  }
  if (rc == 0) rc = replace_group(igroup, hwpt, old);
  if (rc == 0) {
    PROBE(idev_replaced);
    igroup->hwpt = hwpt;
    iommufd_core_device* cur = nullptr;
    bool first = true;
    list_for_each_entry(cur, &igroup->device_list, group_item) {
      refcount_inc(&hwpt->obj.users);
      if (!first) WARN_ON(refcount_dec_and_test(&old->obj.users));
      first = false;
    }
  }
  CONTRACT(igroup_settled, igroup);
  mutex_unlock(&igroup->lock);
  return rc == 0 ? old : ERR_PTR(rc);
}

iommufd_hwpt_paging* iommufd_device_do_attach(iommufd_core_device* idev,
                                              iommufd_hwpt_paging* hwpt) {
  KFUNC();
  const int rc = iommufd_hw_pagetable_attach(hwpt, idev);
  if (rc != 0) return ERR_PTR(rc);
  return nullptr;
}

using attach_fn = iommufd_hwpt_paging* (*)(iommufd_core_device* idev, iommufd_hwpt_paging* hwpt);

// A domain that was made for a device serves every other that it fits. Requires: ioas->mutex.
// Returns -EINVAL if none does.
iommufd_hwpt_paging* attach_to_another(iommufd_ctx* ictx, iommufd_ioas* ioas,
                                       iommufd_core_device* idev, attach_fn do_attach) {
  iommufd_hwpt_paging* hwpt = nullptr;
  list_for_each_entry(hwpt, &ioas->hwpt_list, hwpt_item) {
    const bool automatic = hwpt->auto_domain;
    if (!automatic || !iommufd_lock_obj(&hwpt->obj)) continue;
    iommufd_hwpt_paging* const unused = do_attach(idev, hwpt);
    iommufd_put_object(ictx, &hwpt->obj);
    if (!IS_ERR(unused)) PROBE(auto_domain_shared);
    if (!IS_ERR(unused) || PTR_ERR(unused) != -EINVAL) return unused;
  }
  return ERR_PTR(-EINVAL);
}

// Makes one. Requires: ioas->mutex. `held`: what the caller drops once that is dropped.
iommufd_hwpt_paging* attach_to_new(iommufd_ctx* ictx, iommufd_ioas* ioas, iommufd_core_device* idev,
                                   attach_fn do_attach, iommufd_hwpt_paging** held) {
  const auto_row& row = auto_rows[chosen(knob::auto_domain_publish)];
  const bool immediate_attach = do_attach == iommufd_device_do_attach;
  iommufd_hwpt_paging* const hwpt =
      iommufd_hwpt_paging_alloc(ictx, ioas, idev, 0, immediate_attach);
  if (IS_ERR(hwpt)) return hwpt;
  if (row.holds) {
    refcount_inc(&hwpt->obj.users);
    *held = hwpt;
  }
  iommufd_hwpt_paging* unused = nullptr;
  for (const auto_step step : row.steps) {
    if (IS_ERR(unused)) break;
    if (step == attach_group && !immediate_attach) unused = do_attach(idev, hwpt);
    if (step == mark) hwpt->auto_domain = true;
    if (step == publish) iommufd_object_finalize(ictx, &hwpt->obj);
  }
  if (!IS_ERR(unused))
    PROBE(auto_domain_made);
  else if (!row.holds)
    iommufd_object_abort_and_destroy(ictx, &hwpt->obj);
  return unused;
}

iommufd_hwpt_paging* iommufd_device_auto_get_domain(iommufd_core_device* idev, iommufd_ioas* ioas,
                                                    attach_fn do_attach) {
  KFUNC();
  iommufd_ctx* const ictx = idev->ictx;
  iommufd_hwpt_paging* held = nullptr;
  mutex_lock(&ioas->mutex);
  iommufd_hwpt_paging* unused = attach_to_another(ictx, ioas, idev, do_attach);
  if (IS_ERR(unused) && PTR_ERR(unused) == -EINVAL)
    unused = attach_to_new(ictx, ioas, idev, do_attach, &held);
  mutex_unlock(&ioas->mutex);
  if (held != nullptr) iommufd_object_put_and_try_destroy(ictx, &held->obj);
  return unused;
}

int iommufd_device_change_pt(iommufd_core_device* idev, u32 pt_id, attach_fn do_attach) {
  KFUNC();
  iommufd_ctx* const ictx = idev->ictx;
  iommufd_object* const pt_obj = iommufd_get_object(ictx, pt_id, iommufd_object_type::any);
  if (IS_ERR(pt_obj)) return static_cast<int>(PTR_ERR(pt_obj));
  iommufd_hwpt_paging* unused = ERR_PTR(-EINVAL);
  const iommufd_object_type type = pt_obj->type;
  if (type == iommufd_object_type::hwpt_paging)
    unused = do_attach(idev, container_of(pt_obj, iommufd_hwpt_paging, obj));
  if (type == iommufd_object_type::ioas)
    unused =
        iommufd_device_auto_get_domain(idev, container_of(pt_obj, iommufd_ioas, obj), do_attach);
  iommufd_put_object(ictx, pt_obj);
  if (IS_ERR(unused)) return static_cast<int>(PTR_ERR(unused));
  if (unused != nullptr) iommufd_hw_pagetable_put(ictx, unused);
  return 0;
}

}  // namespace

int iommufd_hw_pagetable_attach(iommufd_hwpt_paging* hwpt, iommufd_core_device* idev) {
  KFUNC();
  iommufd_group* const igroup = idev->igroup;
  struct device* const dev = idev->dev;
  mutex_lock(&igroup->lock);
  iommufd_hwpt_paging* const now = igroup->hwpt;
  int rc = now != nullptr && now != hwpt ? -EINVAL : 0;
  if (rc == 0) rc = iopt_table_enforce_dev_resv_regions(iopt_of(hwpt), dev);
  if (rc == 0 && list_empty(&igroup->device_list)) {
    rc = iommufd_hwpt_attach_device(hwpt, igroup);
    if (rc == 0) {
      igroup->hwpt = hwpt;
    } else {
      iopt_remove_reserved_iova(iopt_of(hwpt), dev);
      if ((dev->flags.peek() & DEVICE_RESERVED) != 0) PROBE(reserved_undone);
    }
  }
  if (rc == 0) {
    refcount_inc(&hwpt->obj.users);
    list_add_tail(&idev->group_item, &igroup->device_list);
  }
  CONTRACT(igroup_settled, igroup);
  mutex_unlock(&igroup->lock);
  return rc;
}

iommufd_hwpt_paging* iommufd_hw_pagetable_detach(iommufd_core_device* idev) {
  KFUNC();
  iommufd_group* const igroup = idev->igroup;
  struct device* const dev = idev->dev;
  iommufd_hwpt_paging* hwpt = nullptr;
  for (const detach_step step : detach_rows[chosen(knob::hw_pagetable_detach_read)]) {
    if (step == take_lock) mutex_lock(&igroup->lock);
    if (step == read_hwpt) hwpt = igroup->hwpt;
  }
  list_del(&idev->group_item);
  if (list_empty(&igroup->device_list)) {
    iommu_group* const group = igroup->group;
    iommu_detach_group(domain_of(hwpt), group);
    igroup->hwpt = nullptr;
  }
  iopt_remove_reserved_iova(iopt_of(hwpt), dev);
  CONTRACT(igroup_settled, igroup);
  mutex_unlock(&igroup->lock);
  return hwpt;
}

int iommufd_device_attach(iommufd_core_device* idev, u32 pt_id) {
  KFUNC();
  const int rc = iommufd_device_change_pt(idev, pt_id, iommufd_device_do_attach);
  // One for the attachment; the device cannot go before it is detached.
  if (rc == 0) refcount_inc(&idev->obj.users);
  return rc;
}

int iommufd_device_replace(iommufd_core_device* idev, u32 pt_id) {
  KFUNC();
  return iommufd_device_change_pt(idev, pt_id, iommufd_device_do_replace);
}

void iommufd_device_detach(iommufd_core_device* idev) {
  KFUNC();
  iommufd_ctx* const ictx = idev->ictx;
  iommufd_hwpt_paging* const hwpt = iommufd_hw_pagetable_detach(idev);
  iommufd_hw_pagetable_put(ictx, hwpt);
  refcount_dec(&idev->obj.users);
}

}  // namespace iorace::kern
