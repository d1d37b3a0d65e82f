// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a fork copies of page tables. Kernel: mm/memory.c @ 6.12.117.
#include "model/mm/pagetable.h"
#include "model/world.h"

namespace iorace::kern {

static int copy_pte_range(vm_process* dst, vm_process* src, unsigned long addr, unsigned long end) {
  KFUNC();
  pte_table* const from = pte_offset_map(src, addr);
  if (from == nullptr) return 0;
  if (pmd_trans_huge(from)) return copy_huge_pmd(dst, src, addr, from);
  pte_table* const to = pte_alloc_map_lock(dst, addr);
  if (to == nullptr) return -ENOMEM;
  spin_lock(&from->ptl);
  for (; addr != end; addr += PAGE_SIZE) {
    const u64 pte = READ_ONCE(from->pte[pte_index(addr)]);
    if (pte != 0) set_pte_at(dst, addr, to, pte);
  }
  spin_unlock(&from->ptl);
  spin_unlock(&to->ptl);
  return 0;
}

static int copy_pmd_range(vm_process* dst, vm_process* src, unsigned long addr, unsigned long end) {
  pmd_alloc(dst, addr);
  while (addr != end) {
    const unsigned long next = pmd_addr_end(addr, end);
    const int err = copy_pte_range(dst, src, addr, next);
    if (err != 0) return err;
    addr = next;
  }
  return 0;
}

static int copy_pud_range(vm_process* dst, vm_process* src, unsigned long addr, unsigned long end) {
  if (pud_huge(src, addr) != nullptr && copy_huge_pud(dst, src, addr) == 0) return 0;
  return pud_none(src, addr) ? 0 : copy_pmd_range(dst, src, addr, end);
}

int copy_page_range(vm_area_struct* dst_vma, vm_area_struct* src_vma) {
  KFUNC();
  vm_process* const dst = dst_vma->vm_mm;
  vm_process* const src = src_vma->vm_mm;
  unsigned long addr = src_vma->vm_start;
  const unsigned long end = src_vma->vm_end;
  while (addr != end) {
    const unsigned long next = pud_addr_end(addr, end);
    const int err = copy_pud_range(dst, src, addr, next);
    if (err != 0) return err;
    addr = next;
  }
  return 0;
}

}  // namespace iorace::kern
