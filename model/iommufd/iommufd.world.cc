// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: one file of /dev/iommu, and the descriptors of its user.
#include <new>

#include "model/iommufd/file.h"
#include "model/iommufd/ghosts.h"
#include "model/iommufd/iommufd_private.h"
#include "model/iommufd/iommufd_tables.h"
#include "model/world.h"

namespace iorace::kern::iommufd_tables {

void make(world& w) {
  w.ghost = ::new (scratch(sizeof(ghosts))) ghosts{};
  w.files = alloc_files();
  file* const filp = make_file(file_kind::iommufd);
  w.ictx = iommufd_fops_open(filp);
  filp->private_data.poke(w.ictx);
}

// Every open access, in the order of the descriptors.
static void close_all_files(world& w) {
  unsigned long fd = 0;
  void* entry = xa_find(&w.files->fdt, &fd, ULONG_MAX);
  for (; entry != nullptr; entry = xa_find_after(&w.files->fdt, &fd, ULONG_MAX)) {
    fput(file_close_fd(static_cast<int>(fd)));
    task_work_run();
  }
}

void finish(world& w) {
  close_all_files(w);
  file* const filp = w.ictx->file;
  fput(filp);
  task_work_run();
  kfree(w.files);
}

}  // namespace iorace::kern::iommufd_tables
