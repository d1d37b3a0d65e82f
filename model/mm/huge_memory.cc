// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Huge entries of devices' memory. Kernel: mm/huge_memory.c @ 6.12.117. Simplified: of two pages;
// the lock of an entry is page_table_lock; an entry is an object that all processes share.
#include "model/mm/moments.h"
#include "model/mm/pagetable.h"
#include "model/world.h"

namespace iorace::kern {

bool may_map_huge(vm_process* mm, unsigned long addr) {
  return limit_value(limit::huge_pfnmap) != 0 && pte_offset_map(mm, addr) == nullptr;
}

static void set_pmd_at(vm_process* mm, unsigned long addr, pte_table* entry) {
  WRITE_ONCE(mm->pmd[pmd_index(addr)], entry);
  for (unsigned i = 0; i < PTRS_PER_PTE; ++i)
    CONTRACT(pte_set, mm, ALIGN_DOWN(addr, PMD_SIZE) + i * PAGE_SIZE);
}

vm_fault_t vmf_insert_pfn_pmd(vm_area_struct* vma, unsigned long addr, unsigned long pfn) {
  KFUNC();
  addr = ALIGN_DOWN(addr, PMD_SIZE);
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  if (addr < start || addr >= end) return VM_FAULT_SIGBUS;
  vm_process* const mm = vma->vm_mm;
  spin_lock(&mm->page_table_lock);
  if (pte_offset_map(mm, addr) == nullptr)
    set_pmd_at(mm, addr, huge_entry(pfn));
  else
    PROBE(fault_found_page);
  spin_unlock(&mm->page_table_lock);
  return VM_FAULT_NOPAGE;
}

// Of a part, too: what maps a device is not split but faults again.
void zap_huge_pmd(vm_process* mm, unsigned long addr, unsigned long size) {
  KFUNC();
  if (size != PMD_SIZE) PROBE(huge_entry_split);
  spin_lock(&mm->page_table_lock);
  const pte_table* const entry = pte_offset_map(mm, addr);
  if (pmd_trans_huge(entry)) WRITE_ONCE(mm->pmd[pmd_index(addr)], nullptr);
  spin_unlock(&mm->page_table_lock);
}

// An entry that has gone since it was looked at must not be copied: whoever has taken it away may
// have been to the child already.
enum copy_site : unsigned { before_locks, under_locks };
static constexpr copy_site copy_rows[] = {before_locks, under_locks};

int copy_huge_pmd(vm_process* dst, vm_process* src, unsigned long addr, pte_table* entry) {
  KFUNC();
  PROBE(huge_entry_copied);
  spin_lock(&dst->page_table_lock);
  spin_lock(&src->page_table_lock);
  if (copy_rows[chosen(knob::copy_huge_pmd_read)] == under_locks) entry = pte_offset_map(src, addr);
  if (entry != nullptr) set_pmd_at(dst, addr, entry);
  spin_unlock(&src->page_table_lock);
  spin_unlock(&dst->page_table_lock);
  return 0;
}

}  // namespace iorace::kern
