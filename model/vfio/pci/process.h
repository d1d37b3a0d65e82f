// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The processes of a world by number: 1 is there from the start and stays, others are forked.
#pragma once

#include "model/mm/vma.h"
#include "model/model.h"

namespace iorace::kern {

// Returns the process with a reference, or null if there is none or it has gone. 0 is the first.
vm_process* get_process(world& w, u32 id);
void put_process(world& w, vm_process* mm);
// Returns the child's number, or -EAGAIN for too many, or -ENOMEM.
long copy_process(world& w, vm_process* parent);
// Returns 0, or -ESRCH, or -EPERM for the first one.
int exit_process(world& w, u32 id);

}  // namespace iorace::kern
