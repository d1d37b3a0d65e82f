// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A process as its address space: areas by address, page tables, who uses it. Kernel:
// include/linux/mm_types.h, mm/vma.c, mm/mmap.c, kernel/fork.c @ 6.12.117.
//
// Lock order: mmap_lock -> i_mmap_rwsem -> page_table_lock, ptl.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/workqueue.h"

namespace iorace::kern {

struct address_space;
struct file;
struct pte_table;
struct pud_leaf;
struct vm_area_struct;

// An address space of so many page-table pages, each of so few entries that an area of two pages
// can need two of them.
inline constexpr unsigned PTRS_PER_PTE = 2;
inline constexpr unsigned PTRS_PER_PMD = 8;
inline constexpr unsigned PTRS_PER_PUD = 4;  // each of them stands for two of `pmd`
inline constexpr unsigned long TASK_SIZE = PTRS_PER_PMD * PTRS_PER_PTE * PAGE_SIZE;

// In the kernel this is struct mm_struct.
// 1. `mm_mt` changes under mmap_lock for writing.
// 2. An entry of `pmd` is set once, under page_table_lock, and cleared when nobody uses the
// process.
// 3. An entry of `pud` is null, the same page of pmd entries for all, or a huge entry; it changes
// under page_table_lock.
struct vm_process {
  rw_semaphore mmap_lock;
  refcount_t mm_users;
  refcount_t threads;  // its own user, until it exits
  rb_root_cached mm_mt;
  spinlock_t page_table_lock;
  shared<pud_leaf*> pud[PTRS_PER_PUD];
  shared<pte_table*> pmd[PTRS_PER_PMD];
  work_struct async_put_work;
};
IORACE_DESCRIBE(vm_process, "process", mmap_lock, mm_users, threads, mm_mt, page_table_lock, pud,
                pmd, async_put_work);

using vm_fault_t = u32;
enum : vm_fault_t {
  VM_FAULT_OOM = 0x1,
  VM_FAULT_SIGBUS = 0x2,
  VM_FAULT_SIGSEGV = 0x40,
  VM_FAULT_NOPAGE = 0x100,
  VM_FAULT_FALLBACK = 0x800,
  VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV,
};

struct vm_fault {
  vm_area_struct* vma;
  unsigned long address;
};

struct vm_operations_struct {
  void (*open)(vm_area_struct* vma);
  void (*close)(vm_area_struct* vma);
  vm_fault_t (*fault)(vm_fault* vmf);
  bool whole;  // a fault maps all of the area or nothing
  vm_fault_t (*huge_fault)(vm_fault* vmf, unsigned order) = nullptr;
};

// Its place in the process is [vm_mt.start, vm_mt.last], in the file [shared.start, shared.last].
struct vm_area_struct {
  interval_tree_node vm_mt;
  interval_tree_node file_node;  // vma->shared.rb
  shared<vm_process*> vm_mm;
  shared<unsigned long> vm_start, vm_end;
  shared<unsigned long> vm_pgoff;
  shared<address_space*> vm_file;  // the file's f_mapping
  shared<file*> filp;              // the file, where areas count as its users
  shared<void*> vm_private_data;
  shared<u32> vm_ops;  // a number, so that traces hold no addresses
};
IORACE_DESCRIBE(vm_area_struct, "vma", vm_mt, file_node, vm_mm, vm_start, vm_end, vm_pgoff, vm_file,
                filp, vm_private_data, vm_ops);

// The driver's, which brings the table.
const vm_operations_struct& vm_ops_of(u32 number);

// vma.cc
vm_process* mm_alloc();
// The same for a world that is being made: cannot fail.
vm_process* make_process();
bool mmget_not_zero(vm_process* mm);
// The last one lets go of all areas and page tables; the process itself stays.
void mmput(vm_process* mm);
// The same, but the last one leaves the rest to a worker of `wq`.
void mmput_async(vm_process* mm, workqueue_struct* wq);
// The process's own user goes. Returns 0, or -ESRCH if it has gone already.
int exit_mm(vm_process* mm);
// Requires: mmap_lock. Returns the area at `addr`, or null.
vm_area_struct* find_vma(vm_process* mm, unsigned long addr);
struct mmap_request {
  address_space* mapping;
  file* filp;  // or null
  int (*call_mmap)(vm_area_struct* vma, void* device, u32 flags);
  void* device;
  u32 flags;
};
// MAP_FIXED_NOREPLACE at `addr`. Returns 0 or -EINVAL, -ENOMEM, -EOVERFLOW, -EEXIST, or what the
// driver says.
int do_mmap(vm_process* mm, const mmap_request& what, unsigned long addr, unsigned long len,
            unsigned long pgoff);
// Takes away the whole area at `addr`, if there is one.
void do_munmap(vm_process* mm, unsigned long addr);
// munmap.cc: takes away what is mapped in a range; areas that reach beyond it are split. Returns 0,
// -EINVAL, or -ENOMEM where a split fails: what was split before it stays so.
int do_vmi_munmap(vm_process* mm, unsigned long start, unsigned long len);
// What the two have in common. Requires: mmap_lock.
void unmap_vmas(vm_area_struct* vma);
void remove_vma(vm_area_struct* vma);
// fork.cc: returns a copy that is in no tree, or null.
vm_area_struct* vm_area_dup(vm_area_struct* orig);
// An area keeps its file open, where files can be closed.
void vma_get_file(vm_area_struct* vma);
void vma_put_file(vm_area_struct* vma);
// Returns the child, or null for want of memory.
vm_process* dup_mm(vm_process* oldmm);

// user_access.cc: the user touches `addr`. Returns 0, or -EFAULT or -ENOMEM for a fault that ends
// in SIGBUS, SIGSEGV, or for want of memory.
int user_access(vm_process* mm, unsigned long addr);

}  // namespace iorace::kern
