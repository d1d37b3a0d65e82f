// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of a device that uses the memory of processes. The device uses a PASID from when its
// driver has bound it (unless it has PRI_ANY_PASID) until the driver stops it, before it gives the
// PASID up, as iommu_sva_unbind_device() demands.
#pragma once

#include "model/iopf/sva.h"

namespace iorace::kern::iopf {

// Lives as long as the execution.
struct sva_process {
  struct mutex lock;           // runs a system call, or ends
  shared<user_mm_struct*> mm;  // null once it has ended
};
IORACE_DESCRIBE(sva_process, "sva_process", lock, mm);

// A bond as its user has it.
struct sva_user {
  shared<iommu_sva*> bond;  // null once it has been given back
  shared<pri_device*> dev;
  shared<u32> pasid;
};
IORACE_DESCRIBE(sva_user, "bond", bond, dev, pasid);

sva_process* sva_process_make();
int sva_process_exit(sva_process* task);

// Return 0 and the bond, or an error.
int sva_driver_bind(pri_device* dev, sva_process* task, sva_user** made);
int sva_driver_unbind(sva_user* user);
// Unbinds, and lets go of page requests: of the last bond only.
int sva_driver_close(sva_user* user);
int sva_driver_enable(pri_device* dev);
// Page requests are let go of while nobody is bound.
int sva_driver_disable(pri_device* dev);

}  // namespace iorace::kern::iopf
