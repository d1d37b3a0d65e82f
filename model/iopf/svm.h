// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Entries of the PASIDs of processes, torn down before their page tables go: when a PASID is
// detached, and when its process has ended. Only with the limit mmu_notifier.
// Kernel: drivers/iommu/intel/{svm,pasid,iommu}.c @ 6.12.117.
#pragma once

#include "model/iopf/iopf.h"

namespace iorace::kern::iopf {

iopf_domain* intel_svm_domain_alloc(user_mm_struct* mm);
void intel_svm_domain_free(iopf_domain* domain);
// Returns 0, -ENOMEM or -EBUSY.
int intel_svm_set_dev_pasid(iopf_domain* domain, pri_device* dev, unsigned pasid);
void forget_dev_pasid(iopf_domain* domain, pri_device* dev, unsigned pasid);
// Returns whether page requests of the PASID are to be drained.
bool tear_down_entry(pri_device* dev, unsigned pasid, bool fault_ignore);

}  // namespace iorace::kern::iopf
