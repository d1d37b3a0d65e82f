// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Open files, as far as lifetimes need them: a table of descriptors, references, and releases that
// run when the task that dropped the last reference returns to user mode.
// Kernel: fs/file.c, fs/file_table.c @ 6.12.117.
#pragma once

#include "model/kernel.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

enum class file_kind : u8 { iommufd, staccess, fault, vfio_pci };

struct file {
  refcount_t f_count;
  shared<file_kind> f_op;
  shared<void*> private_data;
};
IORACE_DESCRIBE(file, "file", f_count, f_op, private_data);

// Simplified: fget() is lock-free under RCU in the kernel; here lookup and reference are one
// critical section of the table's lock.
struct files_struct {
  xarray fdt;
};
IORACE_DESCRIBE(files_struct, "files", fdt);

files_struct* alloc_files();
file* alloc_file(file_kind kind, void* private_data);
// The same for a world that is being made: cannot fail, and is no allocation of the kernel.
file* make_file(file_kind kind);
int get_unused_fd();
void put_unused_fd(int fd);
void fd_install(int fd, file* filp);
file* fget(int fd);
// Takes the descriptor out of the table; the caller owns its reference. Null if there is none.
file* file_close_fd(int fd);
void get_file(file* filp);
// Drops a reference. The last one defers the release to task_work_run().
void fput(file* filp);
// The same, but the last one releases at once.
void __fput_sync(file* filp);
// The two halves of fput(): true iff that was the last reference; defers the release.
bool fput_and_test(file* filp);
void fput_last(file* filp);
// What a task does before it returns to user mode: the releases that it owes.
void task_work_run();

}  // namespace iorace::kern
