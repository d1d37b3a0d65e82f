// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: mm/mmap.c, mm/vma.c, kernel/fork.c @ 6.12.117. Simplified: areas are mapped at a given
// place, and none is merged.
#include "model/mm/vma.h"

#include "model/iommufd/file.h"
#include "model/mm/address_space.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/vfio_pci_priv.h"
#include "model/world.h"

namespace iorace::kern {

static void mm_init(vm_process* mm) {
  init_rwsem(&mm->mmap_lock);
  refcount_set(&mm->mm_users, 1);
  refcount_set(&mm->threads, 1);
  spin_lock_init(&mm->page_table_lock);
}

vm_process* mm_alloc() {
  KFUNC();
  auto* const mm = kzalloc<vm_process>();
  if (mm != nullptr) mm_init(mm);
  return mm;
}

vm_process* make_process() {
  auto* const mm = make<vm_process>();
  mm_init(mm);
  return mm;
}

bool mmget_not_zero(vm_process* mm) {
  KFUNC();
  return refcount_inc_not_zero(&mm->mm_users);
}

vm_area_struct* find_vma(vm_process* mm, unsigned long addr) {
  interval_tree_node* const node = interval_tree_iter_first(&mm->mm_mt, addr, addr);
  return node == nullptr ? nullptr : container_of(node, vm_area_struct, vm_mt);
}

void vma_get_file(vm_area_struct* vma) {
  if (files_can_close()) get_file(vma->filp);
}
void vma_put_file(vm_area_struct* vma) {
  if (!files_can_close()) return;
  file* const filp = vma->filp;
  if (!fput_and_test(filp)) return;
  PROBE(closed_by_an_area);
  fput_last(filp);
}

void remove_vma(vm_area_struct* vma) {
  KFUNC();
  const u32 ops = vma->vm_ops;
  if (vm_ops_of(ops).close != nullptr) vm_ops_of(ops).close(vma);
  vma_put_file(vma);
  kfree(vma);
}

void unmap_vmas(vm_area_struct* vma) {
  KFUNC();
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  zap_page_range_single(vma, start, end - start);
}

// Calls each(area) in the order of their addresses; it may take the area out.
template <class Each>
static void for_each_vma(vm_process* mm, Each each) {
  interval_tree_node* node = interval_tree_iter_first(&mm->mm_mt, 0, TASK_SIZE);
  while (node != nullptr) {
    interval_tree_node* const next = interval_tree_iter_next(node, 0, TASK_SIZE);
    each(container_of(node, vm_area_struct, vm_mt));
    node = next;
  }
}

static void exit_mmap(vm_process* mm) {
  KFUNC();
  down_read(&mm->mmap_lock);
  for_each_vma(mm, unmap_vmas);
  up_read(&mm->mmap_lock);
  down_write(&mm->mmap_lock);
  for_each_vma(mm, unlink_file_vma);
  free_pgtables(mm);
  for_each_vma(mm, [mm](vm_area_struct* vma) {
    interval_tree_remove(&vma->vm_mt, &mm->mm_mt);
    remove_vma(vma);
  });
  up_write(&mm->mmap_lock);
}

void mmput(vm_process* mm) {
  KFUNC();
  if (!refcount_dec_and_test(&mm->mm_users)) return;
  PROBE(process_gone);
  exit_mmap(mm);
}

static void mmput_async_fn(work_struct* work) {
  KFUNC();
  PROBE(process_gone);
  exit_mmap(container_of(work, vm_process, async_put_work));
  task_work_run();  // delayed_fput: a thread of the kernel does not return to user mode
}

void mmput_async(vm_process* mm, workqueue_struct* wq) {
  KFUNC();
  if (!refcount_dec_and_test(&mm->mm_users)) return;
  INIT_WORK(&mm->async_put_work, mmput_async_fn);
  queue_work(wq, &mm->async_put_work);
}

int exit_mm(vm_process* mm) {
  KFUNC();
  if (!refcount_dec_if_one(&mm->threads)) return -ESRCH;
  mmput(mm);
  return 0;
}

static int mmap_region(vm_process* mm, const mmap_request& what, unsigned long addr,
                       unsigned long len, unsigned long pgoff) {
  KFUNC();
  auto* const vma = kzalloc<vm_area_struct>();
  if (vma == nullptr) return -ENOMEM;
  vma->vm_mm = mm;
  vma->vm_start = addr;
  vma->vm_end = addr + len;
  vma->vm_pgoff = pgoff;
  vma->vm_file = what.mapping;
  if (what.filp != nullptr) vma->filp = what.filp;
  vma_get_file(vma);
  const int error = what.call_mmap(vma, what.device, what.flags);
  if (error != 0) {
    vma_put_file(vma);
    kfree(vma);
    return error;
  }
  vma->vm_mt.start = addr;
  vma->vm_mt.last = addr + len - 1;
  vma->file_node.start = pgoff;
  vma->file_node.last = pgoff + len / PAGE_SIZE - 1;
  interval_tree_insert(&vma->vm_mt, &mm->mm_mt);
  vma_link_file(vma);
  return 0;
}

// Requires: mmap_lock for writing.
static int __do_mmap(vm_process* mm, const mmap_request& what, unsigned long addr,
                     unsigned long len, unsigned long pgoff) {
  unsigned long past = 0;
  if (len == 0) return -EINVAL;
  len = ALIGN(len, PAGE_SIZE);
  if (len == 0) return -ENOMEM;
  if (check_add_overflow(pgoff, len / PAGE_SIZE, &past)) return -EOVERFLOW;
  if (len > TASK_SIZE || addr > TASK_SIZE - len) return -ENOMEM;
  if (addr % PAGE_SIZE != 0) return -EINVAL;
  if (interval_tree_iter_first(&mm->mm_mt, addr, addr + len - 1) != nullptr) return -EEXIST;
  return mmap_region(mm, what, addr, len, pgoff);
}

int do_mmap(vm_process* mm, const mmap_request& what, unsigned long addr, unsigned long len,
            unsigned long pgoff) {
  KFUNC();
  down_write(&mm->mmap_lock);
  const int rc = __do_mmap(mm, what, addr, len, pgoff);
  up_write(&mm->mmap_lock);
  return rc;
}

// Once the area is out of the process's tree the lock is held for reading only.
void do_munmap(vm_process* mm, unsigned long addr) {
  KFUNC();
  down_write(&mm->mmap_lock);
  vm_area_struct* const vma = find_vma(mm, addr);
  if (vma == nullptr) {
    up_write(&mm->mmap_lock);
    return;
  }
  interval_tree_remove(&vma->vm_mt, &mm->mm_mt);
  downgrade_write(&mm->mmap_lock);
  unmap_vmas(vma);
  unlink_file_vma(vma);
  remove_vma(vma);
  up_read(&mm->mmap_lock);
}

}  // namespace iorace::kern
