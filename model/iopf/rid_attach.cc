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

}  // namespace

int iommu_attach_group_handle(iopf_domain* domain, pri_device* dev, iommu_attach_handle* handle) {
  KFUNC();
  handle->domain = domain;
  mutex_lock(&dev->group_mutex);
  const int rc = xa_insert(&dev->pasid_array, IOMMU_NO_PASID, handle);
  if (rc == 0) rid_set_domain(dev);
  mutex_unlock(&dev->group_mutex);
  return rc;
}

void iommu_detach_group_handle(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->group_mutex);
  rid_block(dev);
  xa_erase(&dev->pasid_array, IOMMU_NO_PASID);
  mutex_unlock(&dev->group_mutex);
}

int iommu_replace_group_handle(pri_device* dev, iopf_domain* domain, iommu_attach_handle* handle) {
  KFUNC();
  mutex_lock(&dev->group_mutex);
  const int rc = xa_reserve(&dev->pasid_array, IOMMU_NO_PASID);
  if (rc == 0) {
    handle->domain = domain;
    rid_set_domain(dev);
    void* const curr = xa_store(&dev->pasid_array, IOMMU_NO_PASID, handle);
    WARN_ON(xa_is_err(curr));
    if (!is_mock_dev(dev) && replace_rows[chosen(knob::rid_replace_drain)].drains_again)
      rid_drain(dev);
  }
  mutex_unlock(&dev->group_mutex);
  return rc;
}

}  // namespace iorace::kern::iopf
