// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Entries of devices' memory one level above the huge ones. Kernel: mm/huge_memory.c, mm/memory.c
// @ 6.12.117. Simplified: of four pages; the lock of an entry is page_table_lock; a page of pmd
// entries needs no memory.
#include "model/mm/moments.h"
#include "model/mm/pagetable.h"
#include "model/world.h"

namespace iorace::kern {

bool has_puds() { return limit_value(limit::huge_pfnmap) == 2; }

static shared<pud_leaf*>& pud_of(vm_process* mm, unsigned long addr) {
  return mm->pud[addr / PUD_SIZE];
}
static unsigned page_of(unsigned long addr) { return addr % PUD_SIZE / PAGE_SIZE; }

bool pud_none(vm_process* mm, unsigned long addr) {
  return has_puds() && READ_ONCE(pud_of(mm, addr)) == nullptr;
}

pud_leaf* pud_huge(vm_process* mm, unsigned long addr) {
  pud_leaf* const entry = has_puds() ? READ_ONCE(pud_of(mm, addr)) : nullptr;
  return entry == pmd_page() ? nullptr : entry;
}

// Another one may have been faster, with a page or with a huge entry.
void pmd_alloc(vm_process* mm, unsigned long addr) {
  if (!pud_none(mm, addr)) return;
  KFUNC();
  spin_lock(&mm->page_table_lock);
  if (pud_none(mm, addr)) WRITE_ONCE(pud_of(mm, addr), pmd_page());
  spin_unlock(&mm->page_table_lock);
}

static void set_pud_at(vm_process* mm, unsigned long addr, pud_leaf* entry) {
  addr = ALIGN_DOWN(addr, PUD_SIZE);
  WRITE_ONCE(pud_of(mm, addr), entry);
  for (unsigned long at = addr; at != addr + PUD_SIZE; at += PAGE_SIZE) CONTRACT(pte_set, mm, at);
}

vm_fault_t vmf_insert_pfn_pud(vm_area_struct* vma, unsigned long addr, unsigned long pfn) {
  KFUNC();
  addr = ALIGN_DOWN(addr, PUD_SIZE);
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  if (addr < start || addr >= end) return VM_FAULT_SIGBUS;
  vm_process* const mm = vma->vm_mm;
  spin_lock(&mm->page_table_lock);
  if (pud_none(mm, addr))
    set_pud_at(mm, addr, giant_entry(pfn));
  else
    PROBE(fault_found_page);
  spin_unlock(&mm->page_table_lock);
  return VM_FAULT_NOPAGE;
}

// Of a part, too: what maps a device is not split but faults again.
void zap_huge_pud(vm_process* mm, unsigned long addr, unsigned long size) {
  KFUNC();
  if (size != PUD_SIZE) PROBE(huge_entry_split);
  spin_lock(&mm->page_table_lock);
  if (pud_huge(mm, addr) != nullptr) WRITE_ONCE(pud_of(mm, addr), nullptr);
  spin_unlock(&mm->page_table_lock);
}

// What is copied is read under the locks.
int copy_huge_pud(vm_process* dst, vm_process* src, unsigned long addr) {
  KFUNC();
  PROBE(huge_entry_copied);
  spin_lock(&dst->page_table_lock);
  spin_lock(&src->page_table_lock);
  pud_leaf* const entry = pud_huge(src, addr);
  if (entry != nullptr) set_pud_at(dst, addr, entry);
  spin_unlock(&src->page_table_lock);
  spin_unlock(&dst->page_table_lock);
  return entry == nullptr ? -EAGAIN : 0;
}

void free_puds(vm_process* mm) {
  if (!has_puds()) return;
  for (shared<pud_leaf*>& pud : mm->pud) WRITE_ONCE(pud, nullptr);
}

u64 peek_giant(const vm_process* mm, unsigned long addr) {
  const pud_leaf* const entry = mm->pud[addr / PUD_SIZE].peek();
  return entry == nullptr ? 0 : entry->pte[page_of(addr)].peek();
}

}  // namespace iorace::kern
