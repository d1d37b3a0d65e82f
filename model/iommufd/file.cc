// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: fs/file.c, fs/file_table.c, kernel/task_work.c @ 6.12.117, what file.h says of them.
#include "model/iommufd/file.h"

#include "model/iommufd/iommufd_private.h"
#include "model/iommufd/selftest.h"
#include "model/vfio/pci/vfio_pci_priv.h"
#include "model/world.h"
#include "scheduler/engine/check.h"

namespace iorace::kern {

files_struct* alloc_files() {
  auto* const files = make<files_struct>();
  xa_init_flags(&files->fdt, XA_FLAGS_ALLOC);
  return files;
}

file* alloc_file(file_kind kind, void* private_data) {
  KFUNC();
  auto* const filp = kzalloc<file>();
  if (filp == nullptr) return ERR_PTR(-ENOMEM);
  refcount_set(&filp->f_count, 1);
  filp->f_op = kind;
  filp->private_data = private_data;
  return filp;
}

file* make_file(file_kind kind) {
  auto* const filp = make<file>();
  refcount_set(&filp->f_count, 1);
  filp->f_op.poke(kind);
  filp->private_data.poke(nullptr);
  return filp;
}

int get_unused_fd() {
  KFUNC();
  u32 fd = 0;
  const int rc = xa_alloc(&this_world().files->fdt, &fd, XA_ZERO_ENTRY, xa_limit{1023, 3});
  return rc != 0 ? -EMFILE : static_cast<int>(fd);
}

void put_unused_fd(int fd) {
  KFUNC();
  xa_erase(&this_world().files->fdt, static_cast<unsigned long>(fd));
}

void fd_install(int fd, file* filp) {
  KFUNC();
  xa_store(&this_world().files->fdt, static_cast<unsigned long>(fd), filp);
}

file* fget(int fd) {
  KFUNC();
  xarray* const fdt = &this_world().files->fdt;
  xa_lock(fdt);
  auto* const filp = static_cast<file*>(xa_load(fdt, static_cast<unsigned long>(fd)));
  if (filp != nullptr) refcount_inc(&filp->f_count);
  xa_unlock(fdt);
  return filp;
}

// A descriptor that is reserved and not yet installed stays reserved.
file* file_close_fd(int fd) {
  KFUNC();
  xarray* const fdt = &this_world().files->fdt;
  xa_lock(fdt);
  auto* const filp = static_cast<file*>(xa_load(fdt, static_cast<unsigned long>(fd)));
  if (filp != nullptr) __xa_erase(fdt, static_cast<unsigned long>(fd));
  xa_unlock(fdt);
  return filp;
}

void get_file(file* filp) {
  KFUNC();
  refcount_inc(&filp->f_count);
}

bool fput_and_test(file* filp) { return refcount_dec_and_test(&filp->f_count); }

void fput_last(file* filp) {
  PROBE(fput_deferred);
  task_local& task = this_task();
  CHECK(task.works < task_works_max, "too many files closed by one call");
  task.work[task.works++] = filp;
}

void fput(file* filp) {
  KFUNC();
  if (fput_and_test(filp)) fput_last(filp);
}

static void ____fput(file* filp) {
  KFUNC();
  const file_kind kind = filp->f_op;
  void* const private_data = filp->private_data;
  switch (kind) {
    case file_kind::staccess:
      iommufd_test_staccess_release(static_cast<selftest_access*>(private_data));
      break;
    case file_kind::fault:
      iommufd_fault_fops_release(private_data);
      break;
    case file_kind::vfio_pci:
      vfio_device_fops_release(static_cast<vfio_pci_core_device*>(private_data));
      break;
    case file_kind::iommufd:
      iommufd_fops_release(static_cast<iommufd_ctx*>(private_data));
      break;
  }
  kfree(filp);
}

void __fput_sync(file* filp) {
  KFUNC();
  if (fput_and_test(filp)) ____fput(filp);
}

// A release may drop further files, which join the queue.
void task_work_run() {
  task_local& task = this_task();
  for (unsigned i = 0; i < task.works; ++i) ____fput(task.work[i]);
  task.works = 0;
}

}  // namespace iorace::kern
