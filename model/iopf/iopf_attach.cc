// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a device has attached, by PASID. Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {

iommu_attach_handle* iommu_attach_handle_get(pri_device* dev, unsigned pasid) {
  KFUNC();
  xa_lock(&dev->pasid_array);
  auto* const handle = xa_load_as<iommu_attach_handle>(&dev->pasid_array, pasid);
  CONTRACT(handle_found, handle);
  xa_unlock(&dev->pasid_array);
  return handle;
}

int iommu_attach_pasid_handle(iopf_domain* domain, pri_device* dev, unsigned pasid,
                              iommu_attach_handle* handle) {
  KFUNC();
  mutex_lock(&dev->group_mutex);
  handle->domain = domain;
  const int rc = xa_insert(&dev->pasid_array, pasid, handle);
  if (rc == 0) intel_iommu_set_dev_pasid(dev, pasid);
  mutex_unlock(&dev->group_mutex);
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

void iommu_detach_pasid_handle(pri_device* dev, unsigned pasid) {
  KFUNC();
  const bool asserts = era().asserts;
  if (asserts || !omit(knob::assert_no_pending_iopf, ASSERT_NEVER))
    assert_no_pending_iopf(dev, pasid);
  mutex_lock(&dev->group_mutex);
  intel_iommu_remove_dev_pasid(dev, pasid);
  xa_erase(&dev->pasid_array, pasid);
  mutex_unlock(&dev->group_mutex);
}

}  // namespace iorace::kern::iopf
