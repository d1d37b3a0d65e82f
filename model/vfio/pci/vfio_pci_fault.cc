// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fault handler since 6.10, when areas are found through the device's inode. Kernel:
// drivers/vfio/pci/vfio_pci_core.c @ 6.12.117; aac6db75a9fc with d71a989cf5d9 for the whole area.
#include "model/critical_section.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/contracts.h"

namespace iorace::kern {

enum fault_site : unsigned { before_check, after_check, before_insert, fault_end };
static constexpr cs_row memory_rows[] = {
    {lock_kind::read, on(before_check), on(fault_end)},                              // locked
    {lock_kind::read, on(before_insert), on(fault_end)},                             // before_lock
    {lock_kind::read, on(before_check, before_insert), on(after_check, fault_end)},  // lock_dropped
};

// Whether its user has allowed the device to sleep.
static bool may_sleep(vfio_pci_core_device* vdev) {
  if (omit(knob::vfio_pci_fault_power, FAULT_IGNORES_POWER)) return false;
  return vdev_flag_of(vdev, pm_runtime_engaged);
}

bool fault_may_access(vfio_pci_core_device* vdev, const vm_area_struct* vma) {
  CONTRACT(fault_looked, vma);
  if (!may_sleep(vdev) && __vfio_pci_memory_enabled(vdev)) return true;
  PROBE(fault_refused);
  return false;
}

template <class Insert>
static vm_fault_t if_enabled(vfio_pci_core_device* vdev, vm_area_struct* vma, Insert insert) {
  critical_section cs(memory_rows[chosen(knob::vfio_pci_fault_check)],
                      {.semaphore = &vdev->memory_lock});
  vm_fault_t ret = VM_FAULT_SIGBUS;
  cs.at(before_check);
  const bool enabled = fault_may_access(vdev, vma);
  cs.at(after_check);
  if (enabled) {
    cs.at(before_insert);
    ret = insert();
  }
  cs.at(fault_end);
  return ret;
}

// Orders above 0 are what a processor can map with one huge entry.
static vm_fault_t insert_by_order(vm_fault* vmf, unsigned long pfn, unsigned order) {
  if (order == 0) return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
  if (order == PUD_ORDER && has_puds()) return vmf_insert_pfn_pud(vmf->vma, vmf->address, pfn);
  if (order != PMD_ORDER || limit_value(limit::huge_pfnmap) == 0) return VM_FAULT_FALLBACK;
  return vmf_insert_pfn_pmd(vmf->vma, vmf->address, pfn);
}

vm_fault_t vfio_pci_mmap_huge_fault(vm_fault* vmf, unsigned order) {
  KFUNC();
  vm_area_struct* const vma = vmf->vma;
  auto* const vdev = static_cast<vfio_pci_core_device*>(vma->vm_private_data.load(op_kind::read));
  const unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  const unsigned long pfn = vma_to_pfn(vma) + (addr - start) / PAGE_SIZE;
  if (order != 0 &&
      (addr < start || addr + (PAGE_SIZE << order) > end || (pfn & ((1ul << order) - 1)) != 0))
    return VM_FAULT_FALLBACK;

  return if_enabled(vdev, vma, [&] { return insert_by_order(vmf, pfn, order); });
}

vm_fault_t vfio_pci_mmap_page_fault(vm_fault* vmf) {
  KFUNC();
  return vfio_pci_mmap_huge_fault(vmf, 0);
}

// Maps what it can of the rest of the area, too; only the page that is wanted has to succeed.
static vm_fault_t insert_with_rest(vm_fault* vmf, unsigned long pfn) {
  vm_area_struct* const vma = vmf->vma;
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  const vm_fault_t ret =
      vmf_insert_pfn(vma, vmf->address, pfn + (vmf->address - start) / PAGE_SIZE);
  if ((ret & VM_FAULT_ERROR) != 0) return ret;
  for (unsigned long addr = start; addr < end; addr += PAGE_SIZE, ++pfn) {
    if (addr == vmf->address) continue;
    if ((vmf_insert_pfn(vma, addr, pfn) & VM_FAULT_ERROR) != 0) break;
  }
  return ret;
}

vm_fault_t vfio_pci_mmap_prefill_fault(vm_fault* vmf) {
  KFUNC();
  vm_area_struct* const vma = vmf->vma;
  auto* const vdev = static_cast<vfio_pci_core_device*>(vma->vm_private_data.load(op_kind::read));
  return if_enabled(vdev, vma, [&] { return insert_with_rest(vmf, vma_to_pfn(vma)); });
}

}  // namespace iorace::kern
