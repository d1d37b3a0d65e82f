// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a process that has nothing open.
#include <new>

#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/ghosts.h"
#include "model/vfio/type1/vfio_type1_tables.h"

namespace iorace::kern::vfio_type1_tables {

void make(world& w) {
  auto* const mine = ::new (scratch(sizeof(vfio_type1_world))) vfio_type1_world{};
  w.vfio_type1 = mine;
  mine->ghost = ::new (scratch(sizeof(type1_ghosts))) type1_ghosts{};
  mine->files = iorace::make<type1::type1_files>();
  xa_init_flags(&mine->files->containers, XA_FLAGS_ALLOC);
  xa_init_flags(&mine->files->groups, XA_FLAGS_ALLOC);
  xa_init_flags(&mine->files->mdevs, XA_FLAGS_ALLOC);
  xa_init_flags(&mine->files->users, XA_FLAGS_ALLOC);
  type1::mm_struct* const mm = make_user_mm();
  mine->init = type1::make_user(mm);
  CONTRACT(mm_made, mm);
  mine->system_wq = alloc_workqueue("events", 0, 0);
}

template <class Close>
static void each_entry(xarray* table, Close close) {
  unsigned long id = 0;
  void* entry = xa_find(table, &id, ULONG_MAX);
  for (; entry != nullptr; entry = xa_find_after(table, &id, ULONG_MAX))
    close(static_cast<u32>(id));
}

static void end_user(type1::user_task* task) {
  type1::exit_user(task);
  type1::put_user(task);
}

void finish(world& w) {
  const vfio_type1_world& mine = *w.vfio_type1;
  type1::type1_files* const files = mine.files;
  each_entry(&files->mdevs, type1::mdev_close);
  each_entry(&files->groups, type1::group_detach);
  each_entry(&files->containers, type1::container_close);
  each_entry(&files->users, [&](u32 number) {
    end_user(static_cast<type1::user_task*>(xa_erase(&files->users, number)));
  });
  end_user(mine.init);
  destroy_workqueue(mine.system_wq);
  kfree(files);
}

}  // namespace iorace::kern::vfio_type1_tables
