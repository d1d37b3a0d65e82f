// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: kernel/fork.c, kernel/exit.c @ 6.12.117. A child's number follows from who forked it, so
// that it does not depend on how others interleave.
#include "model/vfio/pci/process.h"

#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

static constexpr u32 children_max = processes_max / 2;  // of one task

UNSEEN static vm_process* process_called(const vfio_pci_world& w, u32 id) {
  for (u32 i = 0; i < w.processes; ++i)
    if (w.process[i].id == id) return w.process[i].mm;
  return nullptr;
}

UNSEEN static bool is_full(const vfio_pci_world& w) {
  return w.processes == processes_max || w.forks[current_task()] + 1 == children_max;
}

UNSEEN static u32 add_process(vfio_pci_world& w, vm_process* mm) {
  const u32 id = current_task() * children_max + ++w.forks[current_task()] + 1;
  w.process[w.processes++] = {id, mm};
  return id;
}

static vm_process* first_process(world& w) { return process_called(*w.vfio_pci, 1); }

// The first process is used by all that the program does, so that nobody has to count.
vm_process* get_process(world& w, u32 id) {
  vm_process* const first = first_process(w);
  vm_process* const mm = id == 0 ? first : process_called(*w.vfio_pci, id);
  return mm == nullptr || mm == first || mmget_not_zero(mm) ? mm : nullptr;
}

void put_process(world& w, vm_process* mm) {
  if (mm != first_process(w)) mmput(mm);
}

long copy_process(world& w, vm_process* parent) {
  KFUNC();
  if (is_full(*w.vfio_pci)) return -EAGAIN;
  vm_process* const child = dup_mm(parent);
  if (child == nullptr) return -ENOMEM;
  const u32 id = add_process(*w.vfio_pci, child);
  CONTRACT(process_forked, child);
  return id;
}

int exit_process(world& w, u32 id) {
  vm_process* const mm = id == 0 ? first_process(w) : process_called(*w.vfio_pci, id);
  if (mm == nullptr) return -ESRCH;
  return mm == first_process(w) ? -EPERM : exit_mm(mm);
}

}  // namespace iorace::kern
