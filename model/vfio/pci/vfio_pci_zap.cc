// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Taking the BARs away from every process, and keeping them away: whoever holds memory_lock for
// writing has done so. Kernel: drivers/vfio/pci/vfio_pci_core.c @ 6.12.117; 6.1 for the list.
#include "model/critical_section.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

enum class write_lock : u8 { none, memory_lock };
using write_row = section_row<write_lock>;
struct write_locks {
  rw_semaphore* memory_lock;
  int enter(write_lock kind) const {
    if (kind == write_lock::memory_lock) down_write(memory_lock);
    return 0;
  }
  void leave(write_lock) const {}  // the caller's
};
using write_section = section<write_lock, write_locks>;

enum zap_site : unsigned { before_zap, after_zap };
// A fault between the zap and the lock maps again what nobody will take away.
static constexpr write_row zap_bars_rows[] = {
    {write_lock::memory_lock, on(before_zap), on()},  // locked
    {write_lock::memory_lock, on(after_zap), on()},   // before_lock
};
// The list can be emptied only under mmap_lock, inside which faults take memory_lock.
static constexpr write_row zap_vmas_rows[] = {
    {write_lock::memory_lock, on(after_zap), on()},   // inner
    {write_lock::memory_lock, on(before_zap), on()},  // outer
};

// All but the first and the last, page and prefill.
static constexpr bool list_rows[FAULT_VALUES] = {false, true, true, true, true,
                                                 true,  true, true, true, false};
bool vfio_pci_tracks_vmas() { return list_rows[chosen(knob::vfio_pci_fault)]; }

void vfio_pci_zap_bars(vfio_pci_core_device* vdev) {
  KFUNC();
  if (omit(knob::vfio_pci_zap_bars, BARS_LEFT)) return;
  unmap_mapping_range(&vdev->mapping, 0, bar_pages - 1);
  PROBE(bars_zapped);
}

// Takes the first process that still lives off the list's areas; dead ones let go of theirs.
// Requires: vma_lock. Returns the process with a reference, or null if the list is empty.
static vm_process* vfio_pci_first_mm(vfio_pci_core_device* vdev) {
  KFUNC();
  while (!list_empty(&vdev->vma_list)) {
    auto* const mmap_vma = list_first_entry(&vdev->vma_list, vfio_pci_mmap_vma, vma_next);
    vm_area_struct* const vma = mmap_vma->vma;
    vm_process* const mm = vma->vm_mm;
    if (mmget_not_zero(mm)) return mm;
    PROBE(vma_of_dead_process);
    list_del(&mmap_vma->vma_next);
    kfree(mmap_vma);
  }
  return nullptr;
}

static bool lock_or_try(struct mutex* lock, bool try_lock) {
  if (try_lock) return mutex_trylock(lock);
  mutex_lock(lock);
  return true;
}
static bool read_or_try(rw_semaphore* sem, bool try_lock) {
  if (try_lock) return down_read_trylock(sem);
  down_read(sem);
  return true;
}

// Requires: mmap_lock and vma_lock.
static void zap_vmas_of(vfio_pci_core_device* vdev, const vm_process* mm) {
  vfio_pci_mmap_vma* mmap_vma = nullptr;
  vfio_pci_mmap_vma* tmp = nullptr;
  list_for_each_entry_safe(mmap_vma, tmp, &vdev->vma_list, vma_next) {
    vm_area_struct* const vma = mmap_vma->vma;
    const vm_process* const its = vma->vm_mm;
    if (its != mm) continue;
    list_del(&mmap_vma->vma_next);
    kfree(mmap_vma);
    const unsigned long start = vma->vm_start;
    const unsigned long end = vma->vm_end;
    zap_vma_ptes(vma, start, end - start);
    PROBE(vmas_zapped);
  }
}

// The process may have ended meanwhile. Closing its areas takes the vma_lock of each device, and a
// hot reset comes here with those of other devices held.
static void put_zapped(vm_process* mm) {
  if (omit(knob::vfio_pci_zap_mmput, MMPUT_IN_PLACE))
    mmput(mm);
  else
    mmput_async(mm, this_world().vfio_pci->system_wq);
}

// Returns 1 with vma_lock held and the list empty, or 0 where a lock could not be had.
int vfio_pci_zap_and_vma_lock(vfio_pci_core_device* vdev, bool try_lock) {
  KFUNC();
  for (;;) {
    if (!lock_or_try(&vdev->vma_lock, try_lock)) return 0;
    vm_process* const mm = vfio_pci_first_mm(vdev);
    if (mm == nullptr) return 1;
    mutex_unlock(&vdev->vma_lock);
    if (!read_or_try(&mm->mmap_lock, try_lock)) {
      put_zapped(mm);
      return 0;
    }
    if (!lock_or_try(&vdev->vma_lock, try_lock)) {
      up_read(&mm->mmap_lock);
      put_zapped(mm);
      return 0;
    }
    zap_vmas_of(vdev, mm);
    mutex_unlock(&vdev->vma_lock);
    up_read(&mm->mmap_lock);
    put_zapped(mm);
  }
}

void vfio_pci_zap_and_down_write_memory_lock(vfio_pci_core_device* vdev) {
  KFUNC();
  if (vfio_pci_tracks_vmas()) {
    write_section cs(zap_vmas_rows[chosen(knob::vfio_pci_zap_vmas)], {&vdev->memory_lock});
    cs.at(before_zap);
    vfio_pci_zap_and_vma_lock(vdev, false);
    cs.at(after_zap);
    mutex_unlock(&vdev->vma_lock);
    return;
  }
  write_section cs(zap_bars_rows[chosen(knob::vfio_pci_zap_lock)], {&vdev->memory_lock});
  cs.at(before_zap);
  vfio_pci_zap_bars(vdev);
  cs.at(after_zap);
}

void up_write_memory_lock(vfio_pci_core_device* vdev) {
  up_write(&vdev->memory_lock);
  CONTRACT(memory_lock_released, vdev);
}

}  // namespace iorace::kern
