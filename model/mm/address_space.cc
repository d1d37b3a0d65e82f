// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/mm/address_space.h"

#include "model/mm/pagetable.h"

namespace iorace::kern {

void address_space_init(address_space* mapping) { init_rwsem(&mapping->i_mmap_rwsem); }

void vma_link_file(vm_area_struct* vma) {
  KFUNC();
  address_space* const mapping = vma->vm_file;
  down_write(&mapping->i_mmap_rwsem);
  interval_tree_insert(&vma->file_node, &mapping->i_mmap);
  up_write(&mapping->i_mmap_rwsem);
}

void unlink_file_vma(vm_area_struct* vma) {
  KFUNC();
  address_space* const mapping = vma->vm_file;
  down_write(&mapping->i_mmap_rwsem);
  interval_tree_remove(&vma->file_node, &mapping->i_mmap);
  up_write(&mapping->i_mmap_rwsem);
}

static void unmap_mapping_range_tree(rb_root_cached* root, unsigned long first,
                                     unsigned long last) {
  KFUNC();
  interval_tree_node* node = interval_tree_iter_first(root, first, last);
  for (; node != nullptr; node = interval_tree_iter_next(node, first, last)) {
    vm_area_struct* const vma = container_of(node, vm_area_struct, file_node);
    const unsigned long vba = node->start;
    const unsigned long vea = node->last;
    const unsigned long zba = std::max(first, vba);
    const unsigned long zea = std::min(last, vea);
    const unsigned long start = vma->vm_start;
    zap_page_range_single(vma, start + (zba - vba) * PAGE_SIZE, (zea - zba + 1) * PAGE_SIZE);
  }
}

void unmap_mapping_range(address_space* mapping, unsigned long first, unsigned long last) {
  KFUNC();
  down_read(&mapping->i_mmap_rwsem);
  if (!RB_EMPTY_ROOT(&mapping->i_mmap)) unmap_mapping_range_tree(&mapping->i_mmap, first, last);
  up_read(&mapping->i_mmap_rwsem);
}

}  // namespace iorace::kern
