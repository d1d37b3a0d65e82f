// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's invariants remember outside of the machine.
// Requires: every use is inside a peek_scope.
#pragma once

#include "model/hw/ghosts.h"
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern {

struct ghost_request {
  u64 word;
  const iopf::pri_device* dev;
  const user_mm_struct* mm;  // that the device meant, if its PASID was bound
  bool accepted;             // the IOMMU has put it into its queue
  bool answered;
};

struct iopf_ghosts {
  ghost_set<ghost_request> requests;
  machine_parts<const iopf::iommufd_fault*> copying;  // whose mutex is held across a copy
  machine_parts<const iopf::iommufd_fault*> wanted;   // by who must not wait for a user
  const iopf::iommu_attach_handle* found[tasks_max];  // by a report that still uses it
};

}  // namespace iorace::kern
