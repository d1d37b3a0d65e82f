// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter has of its own in an execution: what is shared by all devices, and what programs
// have made, in the order in which they did.
#pragma once

#include "model/iopf/ghosts.h"
#include "model/iopf/sva_driver.h"

namespace iorace::kern {

struct iopf_world {
  iopf::sva_globals* sva;
  iopf_ghosts ghost;
  ghost_set<iopf::pri_iommu*> iommus;
  ghost_set<iopf::pri_device*> devices;
  ghost_set<iopf::sva_process*> processes;
  ghost_set<iopf::sva_user*> bonds;
  unsigned sent[tasks_max];  // requests of one task each
};

}  // namespace iorace::kern
