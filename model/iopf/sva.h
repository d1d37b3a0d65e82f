// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that use the memory of a process. Kernel: drivers/iommu/iommu-sva.c @ 6.12.117, which
// refuses it on x86; here it is as before that.
#pragma once

#include "model/iopf/iopf.h"

namespace iorace::kern {

// A process has one PASID, for all devices.
struct iommu_mm_data {
  shared<u32> pasid;
  list_head sva_domains;
};
IORACE_DESCRIBE(iommu_mm_data, "mm_data", pasid, sva_domains);

namespace iopf {

// A bond.
struct iommu_sva {
  iommu_attach_handle handle;
  shared<pri_device*> dev;
  refcount_t users;
};
IORACE_DESCRIBE(iommu_sva, "sva", handle, dev, users);

struct sva_globals {
  struct mutex lock;  // iommu_sva_lock
  xarray pasids;      // iommu_global_pasid_ida
  srcu_struct notifiers;
};
IORACE_DESCRIBE(sva_globals, "iommu_sva", lock, pasids, notifiers);

// Return 0 and the bond, or an error. Require: a user of the process.
int iommu_sva_bind_device(pri_device* dev, user_mm_struct* mm, iommu_sva** bond);
void iommu_sva_unbind_device(iommu_sva* bond);

}  // namespace iopf
}  // namespace iorace::kern
