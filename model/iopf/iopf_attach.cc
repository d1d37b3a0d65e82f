// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a device has attached, by PASID. Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/iopf/svm.h"
#include "model/world.h"

namespace iorace::kern::iopf {

namespace {

// With the limit mmu_notifier only: else there is nothing to set.
int pri_group_set_pasid(iopf_domain* domain, pri_group* group, unsigned pasid) {
  KFUNC();
  pri_device* device = nullptr;
  pri_device* failed = nullptr;
  int rc = 0;
  for_each_group_device(group, device) {
    failed = device;
    rc = intel_svm_set_dev_pasid(domain, device, pasid);
    if (rc != 0) break;
  }
  if (rc == 0) return 0;
  for_each_group_device(group, device) {
    if (device == failed) break;
    intel_iommu_remove_dev_pasid(device, pasid, domain);
  }
  return rc;
}

void pri_group_remove_pasid(pri_group* group, unsigned pasid, iopf_domain* domain) {
  KFUNC();
  pri_device* device = nullptr;
  for_each_group_device(group, device) intel_iommu_remove_dev_pasid(device, pasid, domain);
}

// A device that leaves keeps the PASIDs of its group, or they are taken from it.
// Requires: the mutex of the group.
void take_pasids(pri_group* group, pri_device* dev) {
  if (!exits_notify() || omit(knob::group_remove_device_pasids, RELEASE_LEAVES)) return;
  KFUNC();
  iommu_attach_handle* handle = nullptr;
  unsigned long pasid = 0;
  xa_for_each(&group->pasid_array, pasid, handle) {
    if (pasid != IOMMU_NO_PASID)
      intel_iommu_remove_dev_pasid(dev, static_cast<unsigned>(pasid), handle->domain);
  }
}

// Requires: the mutex of the group.
bool is_in_range(pri_group* group, unsigned pasid) {
  pri_device* device = nullptr;
  for_each_group_device(group, device) {
    if (pasid >= max_pasids_of(device)) return false;
  }
  return true;
}

}  // namespace

void pri_group_add_device(pri_group* group, pri_device* dev) {
  KFUNC();
  mutex_lock(&group->mutex);
  list_add_tail(&dev->group_item, &group->devices);
  mutex_unlock(&group->mutex);
}

void pri_group_remove_device(pri_device* dev) {
  KFUNC();
  pri_group* const group = dev->group.peek();
  mutex_lock(&group->mutex);
  list_del(&dev->group_item);
  take_pasids(group, dev);
  mutex_unlock(&group->mutex);
}

static bool is_of_type(iommu_attach_handle* handle, iommu_domain_type type) {
  if (type == DOMAIN_ANY) return true;
  iopf_domain* const domain = handle->domain;
  return domain->type == type;
}

iommu_attach_handle* iommu_attach_handle_get(pri_device* dev, unsigned pasid,
                                             iommu_domain_type type) {
  KFUNC();
  xarray* const attached = &dev->group.peek()->pasid_array;
  xa_lock(attached);
  auto* handle = xa_load_as<iommu_attach_handle>(attached, pasid);
  CONTRACT(handle_found, handle);
  if (handle == nullptr)
    handle = ERR_PTR(-ENOENT);
  else if (!is_of_type(handle, type))
    handle = ERR_PTR(-EBUSY);
  xa_unlock(attached);
  return handle;
}

int iommu_attach_pasid_handle(iopf_domain* domain, pri_device* dev, unsigned pasid,
                              iommu_attach_handle* handle) {
  KFUNC();
  pri_group* const group = dev->group.peek();
  mutex_lock(&group->mutex);
  int rc = is_in_range(group, pasid) ? 0 : -EINVAL;
  if (rc == 0) {
    handle->domain = domain;
    rc = xa_insert(&group->pasid_array, pasid, handle);
  }
  if (rc == 0 && exits_notify()) {
    rc = pri_group_set_pasid(domain, group, pasid);
    if (rc != 0) xa_erase(&group->pasid_array, pasid);
  }
  mutex_unlock(&group->mutex);
  return rc;
}

// Proposed, and dropped: requests that nobody has drained yet are no bug here.
static void assert_no_pending_iopf(pri_device* dev, unsigned pasid) {
  KFUNC();
  dev_iommu_fault* const param = dev->dev_iommu;
  iommu_fault_param* const fault_param = READ_ONCE(param->fault_param);
  if (fault_param == nullptr) return;
  const bool copies = era().pending == pending_is::copies;
  mutex_lock(&fault_param->lock);
  iopf_fault* iopf = nullptr;
  list_for_each_entry(iopf, &fault_param->partial, list) {
    const page_request pending = to_request(iopf->prm);
    if (WARN_ON(pending.pasid == pasid)) break;
  }
  if (copies) {
    list_for_each_entry(iopf, &fault_param->faults, list) {
      const page_request pending = to_request(iopf->prm);
      if (WARN_ON(pending.pasid == pasid)) break;
    }
  } else {
    iopf_group* group = nullptr;
    list_for_each_entry(group, &fault_param->faults, pending_node) {
      const page_request pending = to_request(group->last_fault.prm);
      if (WARN_ON(pending.pasid == pasid)) break;
    }
  }
  mutex_unlock(&fault_param->lock);
}

void iommu_detach_pasid_handle(iopf_domain* domain, pri_device* dev, unsigned pasid) {
  KFUNC();
  const bool asserts = era().asserts;
  if (asserts || !omit(knob::assert_no_pending_iopf, ASSERT_NEVER))
    assert_no_pending_iopf(dev, pasid);
  pri_group* const group = dev->group.peek();
  mutex_lock(&group->mutex);
  pri_group_remove_pasid(group, pasid, domain);
  xa_erase(&group->pasid_array, pasid);
  mutex_unlock(&group->mutex);
}

}  // namespace iorace::kern::iopf
