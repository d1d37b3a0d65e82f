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
  machine_parts<iopf::pri_iommu*> iommus;
  machine_parts<iopf::pri_device*> devices;
  machine_parts<iopf::sva_process*> processes;
  machine_parts<iopf::sva_user*> bonds;
  unsigned sent[tasks_max];  // requests of one task each
};

}  // namespace iorace::kern
