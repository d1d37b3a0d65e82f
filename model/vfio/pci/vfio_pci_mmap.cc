// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Mapping a BAR, and which fault handler its area gets. Kernel: drivers/vfio/pci/vfio_pci_core.c @
// 6.12.117. Simplified: one BAR, whose region the device has requested when it was opened.
#include "model/vfio/pci/vfio_pci_priv.h"

namespace iorace::kern {

enum mmap_ops : u32 { page_ops, remap_ops, insert_ops, tracked_ops, prefill_ops };
static constexpr vm_operations_struct vfio_pci_mmap_ops[] = {
    {nullptr, nullptr, vfio_pci_mmap_page_fault, false, vfio_pci_mmap_huge_fault},
    {vfio_pci_mmap_open, vfio_pci_mmap_close, vfio_pci_mmap_remap_fault, true},
    {vfio_pci_mmap_open, vfio_pci_mmap_close, vfio_pci_mmap_insert_fault, false},
    {vfio_pci_mmap_open, vfio_pci_mmap_close, vfio_pci_mmap_fault, true},
    {nullptr, nullptr, vfio_pci_mmap_prefill_fault, false},
};
static constexpr mmap_ops ops_rows[FAULT_VALUES] = {
    page_ops,     // page
    remap_ops,    // remap_unlocked
    remap_ops,    // remap_locked
    remap_ops,    // skip_listed
    insert_ops,   // insert_all
    tracked_ops,  // skip_tracked
    tracked_ops,  // zap_on_add
    tracked_ops,  // zap_on_failure
    tracked_ops,  // fork_opens_first
    prefill_ops,  // prefill
};

const vm_operations_struct& vm_ops_of(u32 number) { return vfio_pci_mmap_ops[number]; }

// The BAR of each device has its own part of the physical address space.
unsigned long vma_to_pfn(vm_area_struct* vma) {
  const auto* const vdev =
      static_cast<vfio_pci_core_device*>(vma->vm_private_data.load(op_kind::read));
  const u32 number = vdev->number;
  const unsigned long pgoff = vma->vm_pgoff;
  return number * bar_pages + pgoff % (1ul << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT));
}

int vfio_pci_core_mmap(vm_area_struct* vma, void* device, u32 flags) {
  KFUNC();
  constexpr unsigned shift = VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT;
  const unsigned long vm_pgoff = vma->vm_pgoff;
  const unsigned long start = vma->vm_start;
  const unsigned long end = vma->vm_end;
  const unsigned long index = vm_pgoff >> shift;
  if (index >= VFIO_PCI_NUM_REGIONS) return -EINVAL;
  if ((flags & VM_SHARED) == 0) return -EINVAL;
  if (index >= VFIO_PCI_ROM_REGION_INDEX) return -EINVAL;
  if (index != 0) return -EINVAL;  // bar_mmap_supported
  const unsigned long pgoff = vm_pgoff % (1ul << shift);
  if (pgoff + (end - start) / PAGE_SIZE > bar_pages) return -EINVAL;
  vma->vm_private_data = device;
  vma->vm_ops = ops_rows[chosen(knob::vfio_pci_fault)];
  return 0;
}

}  // namespace iorace::kern
