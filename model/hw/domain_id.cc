// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#include "model/hw/domain_id.h"

#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

int domain_attach_iommu(paging_domain* domain) {
  KFUNC();
  hw_iommu* const iommu = domain->iommu.peek();
  int rc = 0;
  spin_lock(&iommu->lock);
  const u64 users = domain->did_users;
  if (users != 0) {
    domain->did_users = users + 1;
  } else {
    const u64 taken = iommu->domain_ids;
    u64 did = 1;
    while (did < dids_max && (taken >> did & 1) != 0) ++did;
    if (did == dids_max) {
      rc = -ENOSPC;
    } else {
      iommu->domain_ids = taken | u64{1} << did;
      domain->did = did;
      domain->did_users = 1;
    }
  }
  spin_unlock(&iommu->lock);
  return rc;
}

void domain_detach_iommu(paging_domain* domain) {
  KFUNC();
  hw_iommu* const iommu = domain->iommu.peek();
  spin_lock(&iommu->lock);
  const u64 users = domain->did_users;
  domain->did_users = users - 1;
  if (users == 1) {
    const u64 did = domain->did;
    const u64 taken = iommu->domain_ids;
    iommu->domain_ids = taken & ~(u64{1} << did);
    domain->did = 0;
  }
  spin_unlock(&iommu->lock);
}

bool domain_is_attached(paging_domain* domain) {
  hw_iommu* const iommu = domain->iommu.peek();
  const u64 own = is_amd(domain) ? 1 : 0;
  spin_lock(&iommu->lock);
  const bool attached = domain->did_users > own;
  spin_unlock(&iommu->lock);
  return attached;
}

}  // namespace iorace::kern
