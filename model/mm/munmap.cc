// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A range is unmapped, of which areas may be parts. Kernel: mm/vma.c @ 6.12.117. Simplified: an
// area that has been split is not merged again; a process's tree needs no memory.
#include "model/mm/address_space.h"
#include "model/mm/pagetable.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

struct unmap_range {
  unsigned long start, end;
};
constexpr unsigned areas_max = TASK_SIZE / PAGE_SIZE;
// What is to go, in the order of addresses.
struct gathered_areas {
  vm_area_struct* area[areas_max];
  unsigned count;
};

// The range that an area covers from now on, wherever it is looked up.
void set_range(vm_area_struct* vma, unsigned long start, unsigned long end, unsigned long pgoff) {
  vma->vm_start = start;
  vma->vm_end = end;
  vma->vm_pgoff = pgoff;
  vma->vm_mt.start = start;
  vma->vm_mt.last = end - 1;
  vma->file_node.start = pgoff;
  vma->file_node.last = pgoff + (end - start) / PAGE_SIZE - 1;
}

// Returns with i_mmap_rwsem held: a zap of the file finds both areas or the whole.
void vma_prepare(vm_area_struct* vma, vm_area_struct* insert) {
  KFUNC();
  address_space* const mapping = vma->vm_file;
  down_write(&mapping->i_mmap_rwsem);
  interval_tree_insert(&insert->file_node, &mapping->i_mmap);
  interval_tree_remove(&vma->file_node, &mapping->i_mmap);
}

void vma_complete(vm_process* mm, vm_area_struct* vma, vm_area_struct* insert) {
  KFUNC();
  address_space* const mapping = vma->vm_file;
  interval_tree_insert(&vma->file_node, &mapping->i_mmap);
  interval_tree_insert(&vma->vm_mt, &mm->mm_mt);
  interval_tree_insert(&insert->vm_mt, &mm->mm_mt);
  up_write(&mapping->i_mmap_rwsem);
}

// The new area is what lies below `addr`, or from there on; the old one keeps the rest and what the
// driver knows of it.
int __split_vma(vm_area_struct* vma, unsigned long addr, bool new_below) {
  KFUNC();
  vm_area_struct* const part = vm_area_dup(vma);
  if (part == nullptr) return -ENOMEM;
  PROBE(vma_split);
  vm_process* const mm = vma->vm_mm;
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  const unsigned long lower = vma->vm_pgoff;
  const unsigned long upper = lower + (addr - start) / PAGE_SIZE;
  part->vm_mm = mm;
  set_range(part, new_below ? start : addr, new_below ? addr : end, new_below ? lower : upper);
  const u32 ops = part->vm_ops;
  vma_get_file(part);
  if (vm_ops_of(ops).open != nullptr) vm_ops_of(ops).open(part);
  vma_prepare(vma, part);
  interval_tree_remove(&vma->vm_mt, &mm->mm_mt);
  set_range(vma, new_below ? addr : start, new_below ? end : addr, new_below ? upper : lower);
  vma_complete(mm, vma, part);
  return 0;
}

vm_area_struct* vma_find(vm_process* mm, const unmap_range& range) {
  KFUNC();
  interval_tree_node* const node = interval_tree_iter_first(&mm->mm_mt, range.start, range.end - 1);
  return node == nullptr ? nullptr : container_of(node, vm_area_struct, vm_mt);
}

int vms_gather_munmap_vmas(vm_process* mm, vm_area_struct* first, const unmap_range& range,
                           gathered_areas* gathered) {
  KFUNC();
  if (range.start > first->vm_start) {
    const int error = __split_vma(first, range.start, true);
    if (error != 0) return error;
  }
  interval_tree_node* n = &first->vm_mt;
  for (; n != nullptr; n = interval_tree_iter_next(n, range.start, range.end - 1)) {
    vm_area_struct* const next = container_of(n, vm_area_struct, vm_mt);
    const int error = next->vm_end > range.end ? __split_vma(next, range.end, false) : 0;
    if (error != 0) return error;
    gathered->area[gathered->count++] = next;
  }
  for (unsigned i = 0; i < gathered->count; ++i)
    interval_tree_remove(&gathered->area[i]->vm_mt, &mm->mm_mt);
  return 0;
}

// Nobody finds the areas by their addresses any more, so that the lock is held for reading only.
void vms_complete_munmap_vmas(vm_process* mm, const gathered_areas& gathered) {
  KFUNC();
  downgrade_write(&mm->mmap_lock);
  for (unsigned i = 0; i < gathered.count; ++i) unmap_vmas(gathered.area[i]);
  for (unsigned i = 0; i < gathered.count; ++i) unlink_file_vma(gathered.area[i]);
  for (unsigned i = 0; i < gathered.count; ++i) remove_vma(gathered.area[i]);
  up_read(&mm->mmap_lock);
}

int unmap_locked(vm_process* mm, unsigned long start, unsigned long len, gathered_areas* gathered) {
  if (start % PAGE_SIZE != 0 || start > TASK_SIZE || len > TASK_SIZE - start) return -EINVAL;
  const unmap_range range = {start, start + ALIGN(len, PAGE_SIZE)};
  if (range.end == range.start) return -EINVAL;
  vm_area_struct* const vma = vma_find(mm, range);
  return vma == nullptr ? 0 : vms_gather_munmap_vmas(mm, vma, range, gathered);
}

}  // namespace

int do_vmi_munmap(vm_process* mm, unsigned long start, unsigned long len) {
  KFUNC();
  gathered_areas gathered = {};
  down_write(&mm->mmap_lock);
  const int error = unmap_locked(mm, start, len, &gathered);
  if (error != 0 || gathered.count == 0) {
    up_write(&mm->mmap_lock);
    return error;
  }
  vms_complete_munmap_vmas(mm, gathered);
  return 0;
}

}  // namespace iorace::kern
