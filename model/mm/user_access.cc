// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A user's access, from the processor's walk to the driver's fault handler and back. Kernel:
// arch/x86/mm/fault.c, mm/memory.c @ 6.12.117. Simplified: always under mmap_lock, as a driver's
// areas without map_pages are; no page-table page is allocated beforehand; an access that faulted
// is repeated only with the limit access_repeats.
#include "model/mm/moments.h"
#include "model/mm/pagetable.h"
#include "model/world.h"

namespace iorace::kern {

static vm_fault_t create_huge_pud(vm_fault* vmf) {
  KFUNC();
  const u32 ops = vmf->vma->vm_ops;
  if (vm_ops_of(ops).huge_fault == nullptr) return VM_FAULT_FALLBACK;
  return vm_ops_of(ops).huge_fault(vmf, PUD_ORDER);
}

static vm_fault_t create_huge_pmd(vm_process* mm, vm_fault* vmf) {
  if (!may_map_huge(mm, vmf->address)) return VM_FAULT_FALLBACK;
  KFUNC();
  const u32 ops = vmf->vma->vm_ops;
  if (vm_ops_of(ops).huge_fault == nullptr) return VM_FAULT_FALLBACK;
  return vm_ops_of(ops).huge_fault(vmf, PMD_ORDER);
}

// Somebody else may have mapped the page since the processor looked.
static vm_fault_t handle_mm_fault(vm_area_struct* vma, vm_process* mm, unsigned long addr) {
  KFUNC();
  if (hardware_walk(mm, addr) != 0) return 0;
  vm_fault vmf = {vma, ALIGN_DOWN(addr, PAGE_SIZE)};
  vm_fault_t ret = VM_FAULT_FALLBACK;
  do {
    if (pud_none(mm, addr)) ret = create_huge_pud(&vmf);
    if ((ret & VM_FAULT_FALLBACK) == 0) return ret;
    if (pud_huge(mm, addr) != nullptr) return 0;
    pmd_alloc(mm, addr);
  } while (pud_huge(mm, addr) != nullptr);
  ret = create_huge_pmd(mm, &vmf);
  if ((ret & VM_FAULT_FALLBACK) == 0) return ret;
  const u32 ops = vma->vm_ops;
  return vm_ops_of(ops).fault(&vmf);
}

static vm_fault_t do_user_addr_fault(vm_process* mm, unsigned long addr) {
  KFUNC();
  down_read(&mm->mmap_lock);
  vm_area_struct* const vma = find_vma(mm, addr);
  const vm_fault_t fault =
      vma == nullptr ? vm_fault_t{VM_FAULT_SIGSEGV} : handle_mm_fault(vma, mm, addr);
  up_read(&mm->mmap_lock);
  if (vma != nullptr) CONTRACT(fault_done, vma, fault);
  return fault;
}

static int vm_fault_to_errno(vm_fault_t fault) {
  return (fault & VM_FAULT_OOM) != 0 ? -ENOMEM : -EFAULT;
}

// The processor tries again, and may find that somebody has zapped the page. Without the limit that
// is another access, because a list can keep a zap and a fault busy with each other for ever.
int user_access(vm_process* mm, unsigned long addr) {
  KFUNC();
  if (addr >= TASK_SIZE) return -EFAULT;
  do {
    if (hardware_walk(mm, addr) != 0) return 0;
    const vm_fault_t fault = do_user_addr_fault(mm, addr);
    if ((fault & VM_FAULT_ERROR) != 0) return vm_fault_to_errno(fault);
  } while (limit_value(limit::access_repeats) != 0);
  return 0;
}

}  // namespace iorace::kern
