// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Domain ids, which tag what an IOMMU caches. AMD's domains have theirs for life, VT-d's while they
// are attached.
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

// Takes an id, or one more user of it. Returns 0 or -ENOSPC.
int domain_attach_iommu(paging_domain* domain);
void domain_detach_iommu(paging_domain* domain);
// True iff a device or a PASID uses the id.
bool domain_is_attached(paging_domain* domain);

}  // namespace iorace::kern
