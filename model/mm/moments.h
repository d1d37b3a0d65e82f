// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of processes' memory at which a driver's invariants may be judged: see world.h. Those of
// vfio-pci, in model/vfio/pci/contracts.cc, are the only ones so far.
#pragma once

#include "model/mm/vma.h"

namespace iorace::kern::contract {

void pte_set(const vm_process* mm, unsigned long addr);
// mmap_lock has been dropped just now, so that the area is still there.
void fault_done(const vm_area_struct* vma, vm_fault_t ret);

}  // namespace iorace::kern::contract
