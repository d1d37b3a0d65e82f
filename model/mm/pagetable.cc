// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: mm/memory.c @ 6.12.117. Entries are read by processors that hold no lock, so all accesses
// are marked. Simplified: one level above the page-table pages, and another one for huge entries by
// a limit; no TLB: a
// processor walks the tables each time; a page-table page stays until the process has gone.
#include "model/mm/pagetable.h"

#include "model/mm/moments.h"
#include "model/world.h"

namespace iorace::kern {

pte_table* pte_offset_map(vm_process* mm, unsigned long addr) {
  return READ_ONCE(mm->pmd[pmd_index(addr)]);
}

// Another one may have been faster.
static int __pte_alloc(vm_process* mm, unsigned long addr) {
  KFUNC();
  auto* table = kzalloc<pte_table>();
  if (table == nullptr) {
    PROBE(fault_out_of_memory);
    return -ENOMEM;
  }
  spin_lock_init(&table->ptl);
  spin_lock(&mm->page_table_lock);
  const bool none = READ_ONCE(mm->pmd[pmd_index(addr)]) == nullptr;
  if (none) WRITE_ONCE(mm->pmd[pmd_index(addr)], table);
  spin_unlock(&mm->page_table_lock);
  if (!none) kfree(table);
  return 0;
}

pte_table* pte_alloc_map_lock(vm_process* mm, unsigned long addr) {
  KFUNC();
  pmd_alloc(mm, addr);
  pte_table* table = pte_offset_map(mm, addr);
  if (table == nullptr) {
    if (__pte_alloc(mm, addr) != 0) return nullptr;
    table = pte_offset_map(mm, addr);
  }
  spin_lock(&table->ptl);
  return table;
}

void set_pte_at(vm_process* mm, unsigned long addr, pte_table* table, u64 pte) {
  WRITE_ONCE(table->pte[pte_index(addr)], pte);
  CONTRACT(pte_set, mm, addr);
}

static int remap_pte_range(vm_process* mm, unsigned long addr, unsigned long end,
                           unsigned long pfn) {
  KFUNC();
  pte_table* const table = pte_alloc_map_lock(mm, addr);
  if (table == nullptr) return -ENOMEM;
  for (; addr != end; addr += PAGE_SIZE, ++pfn) {
    const u64 old = READ_ONCE(table->pte[pte_index(addr)]);
    BUG_ON(old != 0);
    set_pte_at(mm, addr, table, pfn_pte(pfn));
  }
  spin_unlock(&table->ptl);
  return 0;
}

static int remap_pfn_range_internal(vm_process* mm, unsigned long addr, unsigned long end,
                                    unsigned long pfn) {
  KFUNC();
  while (addr != end) {
    const unsigned long next = pmd_addr_end(addr, end);
    const int err = remap_pte_range(mm, addr, next, pfn);
    if (err != 0) return err;
    pfn += (next - addr) / PAGE_SIZE;
    addr = next;
  }
  return 0;
}

// Since 79a61cc3fc04 a range that cannot be mapped whole is not left half mapped.
int io_remap_pfn_range(vm_area_struct* vma, unsigned long addr, unsigned long pfn,
                       unsigned long size) {
  KFUNC();
  vm_process* const mm = vma->vm_mm;
  const int err = remap_pfn_range_internal(mm, addr, addr + size, pfn);
  if (err != 0 && !omit(knob::remap_pfn_range_error, REMAP_LEFT_HALF))
    zap_page_range_single(vma, addr, size);
  return err;
}

vm_fault_t vmf_insert_pfn(vm_area_struct* vma, unsigned long addr, unsigned long pfn) {
  KFUNC();
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  if (addr < start || addr >= end) return VM_FAULT_SIGBUS;
  vm_process* const mm = vma->vm_mm;
  pte_table* const table = pte_alloc_map_lock(mm, addr);
  if (table == nullptr) return VM_FAULT_OOM;
  if (READ_ONCE(table->pte[pte_index(addr)]) == 0)
    set_pte_at(mm, addr, table, pfn_pte(pfn));
  else
    PROBE(fault_found_page);
  spin_unlock(&table->ptl);
  return VM_FAULT_NOPAGE;
}

static void zap_pte_range(vm_process* mm, unsigned long addr, unsigned long end) {
  KFUNC();
  pte_table* const table = pte_offset_map(mm, addr);
  if (table == nullptr) return;
  if (pmd_trans_huge(table)) {
    zap_huge_pmd(mm, addr, end - addr);
    return;
  }
  spin_lock(&table->ptl);
  for (; addr != end; addr += PAGE_SIZE)
    if (READ_ONCE(table->pte[pte_index(addr)]) != 0) WRITE_ONCE(table->pte[pte_index(addr)], 0);
  spin_unlock(&table->ptl);
}

static void zap_pmd_range(vm_process* mm, unsigned long addr, unsigned long end) {
  while (addr != end) {
    const unsigned long next = pmd_addr_end(addr, end);
    zap_pte_range(mm, addr, next);
    addr = next;
  }
}

void zap_page_range_single(vm_area_struct* vma, unsigned long addr, unsigned long size) {
  KFUNC();
  vm_process* const mm = vma->vm_mm;
  const unsigned long end = addr + size;
  while (addr != end) {
    const unsigned long next = pud_addr_end(addr, end);
    if (pud_huge(mm, addr) != nullptr) zap_huge_pud(mm, addr, next - addr);
    if (!pud_none(mm, addr)) zap_pmd_range(mm, addr, next);
    addr = next;
  }
}

void zap_vma_ptes(vm_area_struct* vma, unsigned long addr, unsigned long size) {
  KFUNC();
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  if (addr < start || addr + size > end) return;
  zap_page_range_single(vma, addr, size);
}

void free_pgtables(vm_process* mm) {
  KFUNC();
  free_puds(mm);
  for (shared<pte_table*>& pmd : mm->pmd) {
    pte_table* const table = READ_ONCE(pmd);
    if (table == nullptr) continue;
    WRITE_ONCE(pmd, nullptr);
    if (!pmd_trans_huge(table)) kfree(table);
  }
}

u64 hardware_walk(vm_process* mm, unsigned long addr) {
  if (pud_leaf* const giant = pud_huge(mm, addr))
    return READ_ONCE(giant->pte[addr % PUD_SIZE / PAGE_SIZE]);
  pte_table* const table = pte_offset_map(mm, addr);
  return table == nullptr ? 0 : READ_ONCE(table->pte[pte_index(addr)]);
}

u64 peek_pte(const vm_process* mm, unsigned long addr) {
  if (const u64 giant = peek_giant(mm, addr)) return giant;
  const pte_table* const table = mm->pmd[pmd_index(addr)].peek();
  return table == nullptr ? 0 : table->pte[pte_index(addr)].peek();
}

bool peek_has_table(const vm_process* mm, unsigned long addr) {
  return mm->pmd[pmd_index(addr)].peek() != nullptr || peek_giant(mm, addr) != 0;
}

}  // namespace iorace::kern
