// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Processes: fork, exec, exit. Kernel: kernel/fork.c, fs/exec.c, kernel/exit.c @ 6.12.117.
// Simplified: a call that is under way while its process execs keeps the memory that it began
// with, as a thread does until the exec has killed it.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {

static xarray* all_users() { return &this_world().vfio_type1->files->users; }

user_task* make_user(mm_struct* mm) {
  auto* const task = iorace::make<user_task>();
  spin_lock_init(&task->alloc_lock);
  refcount_set(&task->usage, 1);
  task->mm.poke(mm);
  return task;
}

user_task* get_user(u32 number) {
  if (number <= 1) {
    user_task* const init = this_world().vfio_type1->init;
    refcount_inc(&init->usage);
    return init;
  }
  xarray* const users = all_users();
  xa_lock(users);
  auto* const task = static_cast<user_task*>(xa_load(users, number));
  if (task != nullptr) refcount_inc(&task->usage);
  xa_unlock(users);
  return task;
}

void put_user(user_task* task) {
  KFUNC();
  if (refcount_dec_and_test(&task->usage)) kfree(task);
}

mm_struct* get_task_mm(user_task* task) {
  KFUNC();
  spin_lock(&task->alloc_lock);
  mm_struct* const mm = task->mm;
  if (mm != nullptr) refcount_inc(&mm->mm_users);
  spin_unlock(&task->alloc_lock);
  return mm;
}

// Returns what was there.
static mm_struct* set_task_mm(user_task* task, mm_struct* mm) {
  spin_lock(&task->alloc_lock);
  mm_struct* const old = task->mm;
  if (old != nullptr) task->mm = mm;
  spin_unlock(&task->alloc_lock);
  return old;
}

static int copy_process(mm_struct* parent, u32* child) {
  KFUNC();
  mm_struct* const mm = mm_alloc(parent->memory);
  if (mm == nullptr) return -ENOMEM;
  auto* const task = kzalloc<user_task>();
  if (task == nullptr) {
    mmput(mm);
    return -ENOMEM;
  }
  CONTRACT(mm_made, mm);
  spin_lock_init(&task->alloc_lock);
  refcount_set(&task->usage, 1);
  task->mm = mm;
  const int rc = xa_alloc(all_users(), child, task, xa_limit{1023, 2});
  if (rc == 0) return 0;
  mmput(mm);
  put_user(task);
  return -EAGAIN;
}

int user_fork(u32 number, u32* child) {
  KFUNC();
  user_task* const task = get_user(number);
  if (task == nullptr) return -ESRCH;
  mm_struct* const mm = get_task_mm(task);
  put_user(task);
  if (mm == nullptr) return -ESRCH;
  const int rc = copy_process(mm, child);
  mmput(mm);
  return rc;
}

int user_exec(u32 number, unsigned long memory) {
  KFUNC();
  user_task* const task = get_user(number);
  if (task == nullptr) return -ESRCH;
  int rc = 0;
  mm_struct* mm = mm_alloc(memory);
  if (mm == nullptr) {
    rc = -ENOMEM;
  } else {
    CONTRACT(mm_made, mm);
    mm_struct* const old = set_task_mm(task, mm);
    if (old == nullptr) {
      rc = -ESRCH;
      mmput(mm);
    } else {
      mmput(old);
    }
  }
  put_user(task);
  return rc;
}

void exit_user(user_task* task) {
  mm_struct* const old = set_task_mm(task, nullptr);
  if (old != nullptr) mmput(old);
}

int user_exit(u32 number) {
  KFUNC();
  user_task* const task = get_user(number);
  if (task == nullptr) return -ESRCH;
  mm_struct* const old = set_task_mm(task, nullptr);
  if (old != nullptr) mmput(old);
  put_user(task);
  return old == nullptr ? -ESRCH : 0;
}

}  // namespace iorace::kern::type1
