// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Fork: the child gets an area for each of its parent's, with what the parent has mapped.
// Kernel: kernel/fork.c @ 6.12.117, and 6.1 for the order in which areas were opened.
#include "model/mm/address_space.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/vfio_pci_priv.h"
#include "model/world.h"

namespace iorace::kern {

// Where the child's area is opened: until 6.9, and until stable kernels took over its order, after
// what is mapped has been copied. Drivers that count on that came and went with the fault handler.
enum open_site : u8 { before_link, after_copy };
static constexpr open_site open_rows[FAULT_VALUES] = {
    before_link,  // page
    after_copy,   // remap_unlocked
    after_copy,   // remap_locked
    after_copy,   // skip_listed
    after_copy,   // insert_all
    after_copy,   // skip_tracked
    after_copy,   // zap_on_add
    after_copy,   // zap_on_failure
    before_link,  // fork_opens_first
    before_link,  // prefill
};

// A zap of the whole file must not come to the child's area before it and its parent's are both
// there to be found.
static constexpr open_site link_rows[] = {before_link, after_copy};

vm_area_struct* vm_area_dup(vm_area_struct* orig) {
  KFUNC();
  auto* const vma = kzalloc<vm_area_struct>();
  if (vma == nullptr) return nullptr;
  vma->vm_start = orig->vm_start;
  vma->vm_end = orig->vm_end;
  vma->vm_pgoff = orig->vm_pgoff;
  vma->vm_file = orig->vm_file;
  if (files_can_close()) vma->filp = orig->filp;
  vma->vm_private_data = orig->vm_private_data;
  vma->vm_ops = orig->vm_ops;
  vma->vm_mt.start = orig->vm_mt.start;
  vma->vm_mt.last = orig->vm_mt.last;
  vma->file_node.start = orig->file_node.start;
  vma->file_node.last = orig->file_node.last;
  return vma;
}

static void open_at(open_site site, vm_area_struct* vma) {
  const u32 ops = vma->vm_ops;
  if (vm_ops_of(ops).open == nullptr) return;
  if (open_rows[chosen(knob::vfio_pci_fault)] == site) vm_ops_of(ops).open(vma);
}
static void link_at(open_site site, vm_area_struct* vma) {
  if (link_rows[chosen(knob::dup_mmap_link)] == site) vma_link_file(vma);
}

static int dup_vma(vm_process* mm, vm_area_struct* mpnt) {
  vm_area_struct* const tmp = vm_area_dup(mpnt);
  if (tmp == nullptr) return -ENOMEM;
  tmp->vm_mm = mm;
  if (!omit(knob::dup_mmap_file, CHILD_NOT_COUNTED)) vma_get_file(tmp);
  interval_tree_insert(&tmp->vm_mt, &mm->mm_mt);
  open_at(before_link, tmp);
  link_at(before_link, tmp);
  const int retval = copy_page_range(tmp, mpnt);
  link_at(after_copy, tmp);
  open_at(after_copy, tmp);
  return retval;
}

static int dup_mmap(vm_process* mm, vm_process* oldmm) {
  KFUNC();
  int retval = 0;
  down_write(&oldmm->mmap_lock);
  down_write(&mm->mmap_lock);
  interval_tree_node* node = interval_tree_iter_first(&oldmm->mm_mt, 0, TASK_SIZE);
  for (; node != nullptr && retval == 0; node = interval_tree_iter_next(node, 0, TASK_SIZE))
    retval = dup_vma(mm, container_of(node, vm_area_struct, vm_mt));
  up_write(&mm->mmap_lock);
  up_write(&oldmm->mmap_lock);
  return retval;
}

vm_process* dup_mm(vm_process* oldmm) {
  KFUNC();
  vm_process* const mm = mm_alloc();
  if (mm == nullptr) return nullptr;
  if (dup_mmap(mm, oldmm) == 0) return mm;
  PROBE(fork_unwound);
  mmput(mm);
  kfree(mm);
  return nullptr;
}

}  // namespace iorace::kern
