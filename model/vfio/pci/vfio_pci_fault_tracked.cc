// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fault handlers of 5.8 to 6.9, when a device kept a list of the areas that are mapped, and
// what was proposed in between. A fault maps all of its area. Kernel:
// drivers/vfio/pci/vfio_pci_core.c @ 6.1; 11c4cd07ba11 with abafbc551fdd for the first one.
#include "model/critical_section.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

static vfio_pci_core_device* vdev_of(vm_area_struct* vma) {
  return static_cast<vfio_pci_core_device*>(vma->vm_private_data.load(op_kind::read));
}

// Requires: vma_lock.
static int __vfio_pci_add_vma(vfio_pci_core_device* vdev, vm_area_struct* vma) {
  KFUNC();
  auto* const mmap_vma = kzalloc<vfio_pci_mmap_vma>();
  if (mmap_vma == nullptr) return -ENOMEM;
  mmap_vma->vma = vma;
  list_add(&mmap_vma->vma_next, &vdev->vma_list);
  return 0;
}

// Requires: vma_lock.
static vfio_pci_mmap_vma* find_tracked(vfio_pci_core_device* vdev, const vm_area_struct* vma) {
  vfio_pci_mmap_vma* mmap_vma = nullptr;
  list_for_each_entry(mmap_vma, &vdev->vma_list, vma_next) {
    const vm_area_struct* const its = mmap_vma->vma;
    if (its == vma) return mmap_vma;
  }
  return nullptr;
}

static int remap_all(vm_area_struct* vma) {
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  return io_remap_pfn_range(vma, start, vma_to_pfn(vma), end - start);
}

static void zap_all(vm_area_struct* vma) {
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  zap_vma_ptes(vma, start, end - start);
}

// A copy of an area is mapped by faults of its own, so that it gets onto the list.
void vfio_pci_mmap_open(vm_area_struct* vma) {
  KFUNC();
  zap_all(vma);
}

void vfio_pci_mmap_close(vm_area_struct* vma) {
  KFUNC();
  vfio_pci_core_device* const vdev = vdev_of(vma);
  mutex_lock(&vdev->vma_lock);
  if (vfio_pci_mmap_vma* const mmap_vma = find_tracked(vdev, vma)) {
    list_del(&mmap_vma->vma_next);
    kfree(mmap_vma);
  }
  mutex_unlock(&vdev->vma_lock);
}

// How far vma_lock reaches: to where the area is listed, or around the mapping as well.
enum remap_site : unsigned { remap_begin, after_add, after_remap };
static constexpr cs_row vma_rows[FAULT_VALUES] = {
    {lock_kind::none, on(), on()},                                    // page
    {lock_kind::mutex, on(remap_begin), on(after_add, after_remap)},  // remap_unlocked
    {lock_kind::mutex, on(remap_begin), on(after_remap)},             // remap_locked
    {lock_kind::mutex, on(remap_begin), on(after_remap)},             // skip_listed
    // The others have it all the time, or never.
};

// Whether an area that is listed is taken for one that is mapped.
static constexpr bool skip_rows[FAULT_VALUES] = {false, false, false, true};
static bool is_skipped(vfio_pci_core_device* vdev, const vm_area_struct* vma) {
  if (!skip_rows[chosen(knob::vfio_pci_fault)] || find_tracked(vdev, vma) == nullptr) return false;
  PROBE(fault_met_tracked);
  return true;
}

vm_fault_t vfio_pci_mmap_remap_fault(vm_fault* vmf) {
  KFUNC();
  vm_area_struct* const vma = vmf->vma;
  vfio_pci_core_device* const vdev = vdev_of(vma);
  critical_section cs(vma_rows[chosen(knob::vfio_pci_fault)], {.sleeping = &vdev->vma_lock});
  vm_fault_t ret = VM_FAULT_NOPAGE;
  cs.at(remap_begin);
  down_read(&vdev->memory_lock);
  if (!fault_may_access(vdev, vma)) {
    ret = VM_FAULT_SIGBUS;
  } else if (is_skipped(vdev, vma)) {
    ret = VM_FAULT_NOPAGE;
  } else if (__vfio_pci_add_vma(vdev, vma) != 0) {
    ret = VM_FAULT_OOM;
  } else {
    cs.at(after_add);
    if (remap_all(vma) != 0) ret = VM_FAULT_SIGBUS;
  }
  cs.at(after_remap);
  up_read(&vdev->memory_lock);
  return ret;
}

// Maps page by page, so that it does not matter what is mapped already.
static vm_fault_t insert_all(vm_area_struct* vma) {
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  unsigned long pfn = vma_to_pfn(vma);
  for (unsigned long addr = start; addr < end; addr += PAGE_SIZE, ++pfn) {
    const vm_fault_t ret = vmf_insert_pfn(vma, addr, pfn);
    if (ret == VM_FAULT_NOPAGE) continue;
    zap_vma_ptes(vma, start, addr - start);
    return ret;
  }
  return VM_FAULT_NOPAGE;
}

vm_fault_t vfio_pci_mmap_insert_fault(vm_fault* vmf) {
  KFUNC();
  vm_area_struct* const vma = vmf->vma;
  vfio_pci_core_device* const vdev = vdev_of(vma);
  vm_fault_t ret = VM_FAULT_SIGBUS;
  mutex_lock(&vdev->vma_lock);
  down_read(&vdev->memory_lock);
  if (fault_may_access(vdev, vma)) {
    ret = insert_all(vma);
    if (ret == VM_FAULT_NOPAGE && find_tracked(vdev, vma) == nullptr &&
        __vfio_pci_add_vma(vdev, vma) != 0) {
      ret = VM_FAULT_OOM;
      zap_all(vma);
    }
  }
  up_read(&vdev->memory_lock);
  mutex_unlock(&vdev->vma_lock);
  return ret;
}

// What a fault that fails half-way has mapped would stay, and nobody would know. Where it is
// zapped:
enum unwind_site : u8 { remap_failed, add_failed };
static constexpr u32 unwind_rows[FAULT_VALUES] = {
    on(),
    on(),
    on(),
    on(),
    on(),                          // page, remap_*, skip_listed, insert_all
    on(),                          // skip_tracked
    on(add_failed),                // zap_on_add
    on(remap_failed, add_failed),  // zap_on_failure
    on(remap_failed, add_failed),  // fork_opens_first
    on(),                          // prefill
};
static void unwind(unwind_site site, vm_area_struct* vma) {
  PROBE(fault_unwound);
  if ((unwind_rows[chosen(knob::vfio_pci_fault)] >> site & 1) != 0) zap_all(vma);
}

static vm_fault_t remap_and_add(vfio_pci_core_device* vdev, vm_area_struct* vma) {
  if (remap_all(vma) != 0) {
    unwind(remap_failed, vma);
    return VM_FAULT_SIGBUS;
  }
  if (__vfio_pci_add_vma(vdev, vma) != 0) {
    unwind(add_failed, vma);
    return VM_FAULT_OOM;
  }
  return VM_FAULT_NOPAGE;
}

vm_fault_t vfio_pci_mmap_fault(vm_fault* vmf) {
  KFUNC();
  vm_area_struct* const vma = vmf->vma;
  vfio_pci_core_device* const vdev = vdev_of(vma);
  vm_fault_t ret = VM_FAULT_NOPAGE;
  mutex_lock(&vdev->vma_lock);
  down_read(&vdev->memory_lock);
  if (!fault_may_access(vdev, vma))
    ret = VM_FAULT_SIGBUS;
  else if (find_tracked(vdev, vma) != nullptr)
    PROBE(fault_met_tracked);
  else
    ret = remap_and_add(vdev, vma);
  up_read(&vdev->memory_lock);
  mutex_unlock(&vdev->vma_lock);
  return ret;
}

}  // namespace iorace::kern
