// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a device has attached for requests without a PASID.
// Kernel: drivers/iommu/iommu.c (iommu_*_group_handle) @ 6.12.117.
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// The driver has drained before it sets the new domain, with which requests come in again: they
// still find the old handle until the new one is stored.
struct replace_row {
  bool drains_again;
};
constexpr replace_row replace_rows[] = {
    {false},  // REPLACE_DRAINS_ONCE
    {true},   // REPLACE_DRAINS_AGAIN
};

void pri_group_set_domain(pri_group* group) {
  KFUNC();
  pri_device* device = nullptr;
  for_each_group_device(group, device) rid_set_domain(device);
}

void pri_group_set_core_domain(pri_group* group) {
  KFUNC();
  pri_device* device = nullptr;
  for_each_group_device(group, device) rid_block(device);
}

void drain_again(pri_group* group) {
  if (!replace_rows[chosen(knob::rid_replace_drain)].drains_again) return;
  pri_device* device = nullptr;
  for_each_group_device(group, device) {
    if (!is_mock_dev(device)) rid_drain(device);
  }
}

}  // namespace

int iommu_attach_group_handle(iopf_domain* domain, pri_group* group, iommu_attach_handle* handle) {
  KFUNC();
  handle->domain = domain;
  mutex_lock(&group->mutex);
  const int rc = xa_insert(&group->pasid_array, IOMMU_NO_PASID, handle);
  if (rc == 0) pri_group_set_domain(group);
  mutex_unlock(&group->mutex);
  return rc;
}

void iommu_detach_group_handle(pri_group* group) {
  KFUNC();
  mutex_lock(&group->mutex);
  pri_group_set_core_domain(group);
  xa_erase(&group->pasid_array, IOMMU_NO_PASID);
  mutex_unlock(&group->mutex);
}

int iommu_replace_group_handle(pri_group* group, iopf_domain* domain, iommu_attach_handle* handle) {
  KFUNC();
  mutex_lock(&group->mutex);
  const int rc = xa_reserve(&group->pasid_array, IOMMU_NO_PASID);
  if (rc == 0) {
    handle->domain = domain;
    pri_group_set_domain(group);
    void* const curr = xa_store(&group->pasid_array, IOMMU_NO_PASID, handle);
    WARN_ON(xa_is_err(curr));
    drain_again(group);
  }
  mutex_unlock(&group->mutex);
  return rc;
}

}  // namespace iorace::kern::iopf
