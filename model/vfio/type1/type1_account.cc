// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Pinned pages and what they count for. Kernel: drivers/vfio/vfio_iommu_type1.c, mm/util.c
// @ 6.12.117; until 046eca5018f8 the pages counted for whatever memory the task had.
// Simplified: nobody has CAP_IPC_LOCK; mmap_lock is not taken killably. A request is as many chunks
// as the limit contiguous_pages makes of it.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {

void put_pfn(unsigned long pfn) {
  unpin_user_page(pfn);
  CONTRACT(pfn_unpinned, pfn);
}

static int __account_locked_vm(mm_struct* mm, unsigned long pages, bool inc) {
  KFUNC();
  const long locked_vm = mm->locked_vm;
  const long npage = static_cast<long>(pages);
  if (inc) {
    if (locked_vm + npage > static_cast<long>(limit_value(limit::memlock_pages))) return -ENOMEM;
    WRITE_ONCE(mm->locked_vm, locked_vm + npage);
    return 0;
  }
  WARN_ON(npage > locked_vm);
  WRITE_ONCE(mm->locked_vm, locked_vm - npage);
  return 0;
}

static int mm_lock_acct(mm_struct* mm, long npage) {
  KFUNC();
  down_write(&mm->mmap_lock);
  const int ret =
      __account_locked_vm(mm, static_cast<unsigned long>(npage < 0 ? -npage : npage), npage > 0);
  up_write(&mm->mmap_lock);
  return ret;
}

enum class charged : u8 { dma_mm, task_mm };
static constexpr charged charge_rows[] = {charged::dma_mm, charged::task_mm};
static charged who_is_charged() { return charge_rows[chosen(knob::vfio_lock_acct_mm)]; }

mm_struct* get_dma_mm(vfio_dma* dma) {
  if (who_is_charged() == charged::task_mm) {
    user_task* const task = dma->task;
    return get_task_mm(task);
  }
  mm_struct* const mm = dma->mm;
  return mmget_not_zero(mm) ? mm : nullptr;
}

// Whoever is not `async` knows that the process is there.
int vfio_lock_acct(vfio_dma* dma, long npage, bool async) {
  KFUNC();
  if (npage == 0) return 0;
  mm_struct* mm = dma->mm;
  const bool counted = async || who_is_charged() == charged::task_mm;
  if (counted) mm = get_dma_mm(dma);
  if (mm == nullptr) {
    PROBE(owner_gone);
    if (era().moves_pins)
      dma->locked_vm += npage;
    else
      CONTRACT(account_skipped, dma);
    return -ESRCH;
  }
  const int ret = mm_lock_acct(mm, npage);
  if (ret == 0) dma->locked_vm += npage;
  if (counted) mmput(mm);
  return ret;
}

int vfio_change_dma_owner(vfio_dma* dma, user_task* task, mm_struct* mm) {
  KFUNC();
  if (who_is_charged() == charged::task_mm) return 0;
  mm_struct* const old = dma->mm;
  if (mm == old) return 0;
  const long npage = dma->locked_vm;
  const int ret = mm_lock_acct(mm, npage);
  if (ret != 0) return ret;
  PROBE(owner_changed);
  if (mmget_not_zero(old)) {
    mm_lock_acct(old, -npage);
    mmput(old);
  }
  user_task* const old_task = dma->task;
  if (old_task != task) {
    put_user(old_task);
    refcount_inc(&task->usage);
    dma->task = task;
  }
  mmdrop(old);
  dma->mm = mm;
  mmgrab(mm);
  return 0;
}

static void put_pfns(unsigned long pfn, unsigned long npage) {
  for (unsigned long i = 0; i < npage; ++i) put_pfn(pfn + i);
}

// Pages that drivers have pinned count already.
static long not_pinned_yet(vfio_dma* dma, unsigned long iova, unsigned long npage) {
  long n = 0;
  for (unsigned long i = 0; i < npage; ++i)
    n += vfio_find_vpfn(dma, iova + i * PAGE_SIZE) == nullptr;
  return n;
}

// With the file behind the mapping nobody asks where it is mapped.
static long memfd_pin_folios(unsigned long offset, unsigned long npage, u32* pfns) {
  KFUNC();
  return pin_user_pages(user_memory_start + offset, npage, pfns);
}

static long pin_range(vfio_dma* dma, mm_struct* mm, unsigned long offset, unsigned long npage,
                      u32* pfns) {
  if (era().file) return memfd_pin_folios(dma->file_offset + offset, npage, pfns);
  CONTRACT(vaddr_used, dma);
  const unsigned long vaddr = dma->vaddr;
  down_read(&mm->mmap_lock);
  const long pinned = pin_user_pages_remote(mm, vaddr + offset, npage, pfns);
  up_read(&mm->mmap_lock);
  return pinned;
}

int vaddr_get_pfn(vfio_dma* dma, mm_struct* mm, unsigned long offset, u32* pfn) {
  KFUNC();
  return pin_range(dma, mm, offset, 1, pfn) == 1 ? 0 : -EFAULT;
}

// How many of them follow each other in memory. The others are for the next call.
static long first_run(const u32* pfns, long pinned) {
  const u64 length = limit_value(limit::contiguous_pages);
  long n = 1;
  while (n < pinned && (length == 0 || pfns[n] % length != 0)) ++n;
  put_pfns(pfns[0] + static_cast<unsigned long>(n), static_cast<unsigned long>(pinned - n));
  return n;
}

long vfio_pin_pages_remote(vfio_dma* dma, mm_struct* mm, unsigned long offset, unsigned long npage,
                           u32* pfn_base) {
  KFUNC();
  u32 pfns[user_pages_max] = {};
  const long in_batch = pin_range(dma, mm, offset, npage, pfns);
  if (in_batch < 0) return in_batch;
  const long pinned = first_run(pfns, in_batch);
  *pfn_base = pfns[0];
  const unsigned long iova = dma->iova + offset;
  const long lock_acct = not_pinned_yet(dma, iova, static_cast<unsigned long>(pinned));
  const long locked_vm = READ_ONCE(mm->locked_vm);
  int ret = 0;
  if (lock_acct != 0 &&
      locked_vm + lock_acct > static_cast<long>(limit_value(limit::memlock_pages)))
    ret = -ENOMEM;
  if (ret == 0) ret = vfio_lock_acct(dma, lock_acct, false);
  if (ret == 0) return pinned;
  put_pfns(pfns[0], static_cast<unsigned long>(pinned));
  return ret;
}

void vfio_unpin_pages_remote(vfio_dma* dma, unsigned long iova, unsigned long pfn,
                             unsigned long npage, bool do_accounting, long* unlocked) {
  KFUNC();
  long locked = 0;
  for (unsigned long i = 0; i < npage; ++i) {
    put_pfn(pfn + i);
    locked += vfio_find_vpfn(dma, iova + i * PAGE_SIZE) != nullptr;
  }
  if (do_accounting) vfio_lock_acct(dma, locked - static_cast<long>(npage), true);
  if (unlocked != nullptr) *unlocked += static_cast<long>(npage);
}

}  // namespace iorace::kern::type1
