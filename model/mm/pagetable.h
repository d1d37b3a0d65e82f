// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Page tables, populated page by page. Kernel: mm/memory.c @ 6.12.117.
#pragma once

#include <algorithm>

#include "model/mm/vma.h"

namespace iorace::kern {

// A page-table page, allocated when something is mapped through it for the first time.
struct pte_table {
  spinlock_t ptl;  // writes to pte
  shared<u64> pte[PTRS_PER_PTE];
};
IORACE_DESCRIBE(pte_table, "table", ptl, pte);

// A huge entry: what it maps does not change, so that it is a page-table page that all processes
// share and nobody writes to. Its place in a process, page_table_lock protects.
struct pmd_leaf : pte_table {};
IORACE_DESCRIBE(pmd_leaf, "huge", ptl, pte);

// A huge entry one level higher, likewise. The one that maps nothing is the page of pmd entries
// that is below an entry which is not huge: all processes share it, as it needs no memory here.
struct pud_leaf {
  shared<u64> pte[2 * PTRS_PER_PTE];
};
IORACE_DESCRIBE(pud_leaf, "giant", pte);

inline constexpr unsigned PUD_ORDER = 2;
inline constexpr unsigned long PUD_SIZE = PAGE_SIZE << PUD_ORDER;
static_assert(PUD_SIZE * PTRS_PER_PUD == TASK_SIZE);
inline constexpr unsigned PMD_ORDER = 1;
inline constexpr unsigned long PMD_SIZE = PAGE_SIZE << PMD_ORDER;
static_assert(PMD_SIZE == PTRS_PER_PTE * PAGE_SIZE);

inline constexpr u64 pte_present = 1;
inline u64 pfn_pte(unsigned long pfn) { return u64{pfn} << PAGE_SHIFT | pte_present; }
inline unsigned long pte_pfn(u64 pte) { return pte >> PAGE_SHIFT; }
inline unsigned pmd_index(unsigned long addr) {
  return static_cast<unsigned>(addr / PAGE_SIZE / PTRS_PER_PTE);
}
inline unsigned pte_index(unsigned long addr) {
  return static_cast<unsigned>(addr / PAGE_SIZE % PTRS_PER_PTE);
}

// Where the page-table page of `addr` ends, or the range does; one level higher.
inline unsigned long pmd_addr_end(unsigned long addr, unsigned long end) {
  return std::min((addr / PMD_SIZE + 1) * PMD_SIZE, end);
}
inline unsigned long pud_addr_end(unsigned long addr, unsigned long end) {
  return std::min((addr / PUD_SIZE + 1) * PUD_SIZE, end);
}

// The page-table page or huge entry of `addr`, or null.
pte_table* pte_offset_map(vm_process* mm, unsigned long addr);
// Returns the page-table page of `addr` with its lock held, or null. Blocks: M.
pte_table* pte_alloc_map_lock(vm_process* mm, unsigned long addr);
// Requires: the table's lock.
void set_pte_at(vm_process* mm, unsigned long addr, pte_table* table, u64 pte);
// Maps the whole range, none of which may be mapped: BUG_ON. Returns 0 or -ENOMEM.
// Requires: mmap_lock. Blocks: M.
int io_remap_pfn_range(vm_area_struct* vma, unsigned long addr, unsigned long pfn,
                       unsigned long size);
// Maps one page, unless it is mapped already. Returns NOPAGE, SIGBUS or OOM. Blocks: M.
vm_fault_t vmf_insert_pfn(vm_area_struct* vma, unsigned long addr, unsigned long pfn);
// Maps PMD_SIZE around `addr` with one entry, unless anything is mapped there. Returns NOPAGE or
// SIGBUS.
vm_fault_t vmf_insert_pfn_pmd(vm_area_struct* vma, unsigned long addr, unsigned long pfn);
// May a fault at `addr` try a huge entry?
bool may_map_huge(vm_process* mm, unsigned long addr);
// huge_pud.cc: the same for PUD_SIZE, only where a limit allows it; else there is no such level.
bool has_puds();
vm_fault_t vmf_insert_pfn_pud(vm_area_struct* vma, unsigned long addr, unsigned long pfn);
bool pud_none(vm_process* mm, unsigned long addr);
// The entry of `addr` if it is huge, else null.
pud_leaf* pud_huge(vm_process* mm, unsigned long addr);
void pmd_alloc(vm_process* mm, unsigned long addr);
void zap_huge_pud(vm_process* mm, unsigned long addr, unsigned long size);
// Returns 0, or -EAGAIN where the entry is not huge any more.
int copy_huge_pud(vm_process* dst, vm_process* src, unsigned long addr);
void free_puds(vm_process* mm);
u64 peek_giant(const vm_process* mm, unsigned long addr);
// The driver's: the entry that maps `pfn` and what follows, and the page of pmd entries.
pud_leaf* giant_entry(unsigned long pfn);
pud_leaf* pmd_page();

// The driver's, which brings the pages: the entry that maps `pfn` and what follows, and whether it
// is one.
pmd_leaf* huge_entry(unsigned long pfn);
bool pmd_trans_huge(const pte_table* entry);
// Both find an entry that was huge when it was looked at, and may not be any more.
void zap_huge_pmd(vm_process* mm, unsigned long addr, unsigned long size);
int copy_huge_pmd(vm_process* dst, vm_process* src, unsigned long addr, pte_table* entry);
// Requires: the area stays: mmap_lock, or i_mmap_rwsem of its file.
void zap_page_range_single(vm_area_struct* vma, unsigned long addr, unsigned long size);
void zap_vma_ptes(vm_area_struct* vma, unsigned long addr, unsigned long size);
// copy_page.cc. Requires: both mmap_locks for writing. Returns 0 or -ENOMEM. Blocks: M.
int copy_page_range(vm_area_struct* dst_vma, vm_area_struct* src_vma);
void free_pgtables(vm_process* mm);
// What the processor does by itself: returns the entry for `addr`, 0 if there is none.
u64 hardware_walk(vm_process* mm, unsigned long addr);

// For invariants: no operation.
u64 peek_pte(const vm_process* mm, unsigned long addr);
bool peek_has_table(const vm_process* mm, unsigned long addr);

}  // namespace iorace::kern
