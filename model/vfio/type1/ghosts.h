// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's invariants remember outside of the kernel's structures.
// Requires: every use is inside a peek_scope.
#pragma once

#include "model/iommufd/ghosts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern {

// A page that drivers hold by iova, and how often.
struct ghost_held {
  const type1::vfio_iommu* iommu;
  unsigned long iova;
  unsigned count;
};
struct ghost_container {
  const type1::vfio_iommu* iommu;
};
struct ghost_mm {
  const type1::mm_struct* mm;
};
struct ghost_dma {
  const type1::vfio_dma* dma;
};

struct type1_ghosts {
  ghost_set<ghost_container> containers;  // that there ever were
  ghost_set<ghost_mm> mms;                //   the same
  ghost_set<ghost_dma> uncounted;         // whose accounting missed a process that had gone
  ghost_set<ghost_held> held;
};

}  // namespace iorace::kern
