// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// All areas that map a file, in the order of their place in it. Kernel: include/linux/fs.h,
// mm/vma.c, mm/memory.c @ 6.12.117.
#pragma once

#include "model/mm/vma.h"

namespace iorace::kern {

struct address_space {
  rw_semaphore i_mmap_rwsem;
  rb_root_cached i_mmap;
};
IORACE_DESCRIBE(address_space, "mapping", i_mmap_rwsem, i_mmap);

void address_space_init(address_space* mapping);
// Behind those that begin at the same page: a child's area behind its parent's.
void vma_link_file(vm_area_struct* vma);
void unlink_file_vma(vm_area_struct* vma);
// Takes the pages [first, last] of the file out of every process.
void unmap_mapping_range(address_space* mapping, unsigned long first, unsigned long last);

}  // namespace iorace::kern
