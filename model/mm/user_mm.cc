// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: kernel/fork.c, mm/gup.c @ 6.12.117.
#include "model/mm/user_mm.h"

namespace iorace::kern {

static void mm_init(user_mm_struct* mm, unsigned long memory) {
  init_rwsem(&mm->mmap_lock);
  refcount_set(&mm->mm_users, 1);
  refcount_set(&mm->mm_count, 1);
  mm->memory.poke(memory);
}

user_mm_struct* make_user_mm() {
  auto* const mm = iorace::make<user_mm_struct>();
  mm_init(mm, user_memory_start);
  return mm;
}

user_mm_struct* mm_alloc(unsigned long memory) {
  KFUNC();
  auto* const mm = kzalloc<user_mm_struct>();
  if (mm != nullptr) mm_init(mm, memory);
  return mm;
}

bool mmget_not_zero(user_mm_struct* mm) { return refcount_inc_not_zero(&mm->mm_users); }

// Pins outlive the memory, which has nothing else that would have to be taken down.
void mmput(user_mm_struct* mm) {
  KFUNC();
  if (!refcount_dec_and_test(&mm->mm_users)) return;
  mmu_notifier_release(mm);
  mmdrop(mm);
}

void mmgrab(user_mm_struct* mm) { refcount_inc(&mm->mm_count); }

void mmdrop(user_mm_struct* mm) {
  KFUNC();
  if (!refcount_dec_and_test(&mm->mm_count)) return;
  mmu_notifier_subscriptions_destroy(mm);
  mm_pasid_drop(mm);
  kfree(mm);
}

long pin_user_pages_remote(user_mm_struct* mm, unsigned long uptr, unsigned long npages,
                           u32* pfns) {
  KFUNC();
  const unsigned long memory = mm->memory.peek();  // where it is mapped never changes
  if (uptr < memory) return -EFAULT;
  return pin_user_pages(uptr - memory + user_memory_start, npages, pfns);
}

}  // namespace iorace::kern
