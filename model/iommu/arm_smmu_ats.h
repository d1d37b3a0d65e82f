// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that have a TLB of their own (ATS), as SMMUv3's driver attaches them: the new domain
// knows of the device before its entry is written, and the old one until it has been, so that
// unmaps of either reach its TLB meanwhile. Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c
// @ 6.12.117.
#pragma once

#include "model/iommu/iommu.h"

namespace iorace::kern {

inline bool has_ats(const device* dev) { return dev->endpoint.peek()->ats_supported.peek() != 0; }

struct attach_state {
  iommu_master* master;
  device* dev;
  core_domain* old_domain;
  bool was_enabled = false, ats_enabled = false;
};
// Around the write of the device's entry. prepare() returns 0 or -ENOMEM, and nothing has been
// done. Require: the IOMMU's asid_lock. Block: until the device has dropped what it has to.
int arm_smmu_attach_prepare(attach_state& state, core_domain* domain);
void arm_smmu_attach_commit(attach_state& state, core_domain* domain);

// The device TLBs of all that are attached. Requires: the IOMMU's own TLB has been invalidated.
// Blocks: until they have forgotten the pages.
void arm_smmu_atc_inv_domain(core_domain* domain, u64 pfn, u64 pages);

}  // namespace iorace::kern
