// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   bar-mapped-while-disabled  I3.2  when an entry is set, when a process has been forked, when
//                                    memory_lock, held for writing, is dropped, and when the device
//                                    is reset or has been closed
//   bar-not-tracked            I3.3  when a fault is done, and at the end, when an area that is
//                                    listed twice or has gone is looked for as well: earlier, who
//                                    follows the list would not be seen to fall
//   bar-half-mapped            I3.4  when a fault of a handler that maps all or nothing is done
//   fault-refused              I3.5  when a fault is done
//   mmio-while-disabled        I3.7  when the device gets an access through the kernel
//   asleep-in-use              I3.8  when memory_lock, held for writing, is dropped
//   intx-mask-lost             I3.9  when the device falls asleep, and when INTx is unmasked
// I3.1, nothing is mapped twice, is the kernel's own BUG_ON; I3.6, no deadlock, and the other half
// of I3.5, an access whose faults succeed gets to its page in the end, are the scheduler's
// verdicts.
#include "model/vfio/pci/contracts.h"

#include "model/convict.h"
#include "model/mm/pagetable.h"

namespace iorace::kern::contract {
namespace {

vfio_pci_world& chapter_world() { return *this_world().vfio_pci; }

// Wherever the flag is kept: in a word of its own or as the second bit of the first.
bool is_engaged(const vfio_pci_core_device* vdev) {
  return (vdev->flags[pm_runtime_engaged].peek() & 1) != 0 ||
         (vdev->flags[0].peek() >> pm_runtime_engaged & 1) != 0;
}
bool is_enabled(const vfio_pci_core_device* vdev) {
  const bool memory =
      vdev->no_command_memory.peek() || (vdev->command.peek() & PCI_COMMAND_MEMORY) != 0;
  return memory && vdev->current_state.peek() < PCI_D3hot;
}
bool is_closed(const vfio_pci_core_device* vdev) {
  return limit_value(limit::device_close) != 0 && vdev->open_count.peek() == 0;
}
// By a call or by the command register.
bool& masked_by_user(const vfio_pci_core_device* vdev) {
  return chapter_world().masked[vdev->number.peek() - 1];
}
bool may_be_mapped(const vfio_pci_core_device* vdev) {
  return is_enabled(vdev) && !is_engaged(vdev) && !is_closed(vdev);
}

const vfio_pci_core_device* vdev_of_pfn(unsigned long pfn) {
  return chapter_world().vdev[pfn / bar_pages - 1];
}

// Whoever holds the lock for writing has not yet zapped, or will.
void judge_entry(const vm_process* mm, unsigned long addr) {
  const u64 pte = peek_pte(mm, addr);
  if (pte == 0) return;
  const vfio_pci_core_device* const vdev = vdev_of_pfn(pte_pfn(pte));
  if (vdev->memory_lock.writer == 0 && !may_be_mapped(vdev))
    convict_here("bar-mapped-while-disabled",
                 "a process maps the BAR of a device whose memory is disabled");
}

// A process that nobody uses any more does not touch anything.
void judge_process(const vm_process* mm) {
  if (!is_live(mm) || refcount_peek(&mm->mm_users) == 0) return;
  for (unsigned long addr = 0; addr < TASK_SIZE; addr += PAGE_SIZE) judge_entry(mm, addr);
}

bool is_known(const vm_process* mm) {
  const vfio_pci_world& w = chapter_world();
  for (u32 i = 0; i < w.processes; ++i)
    if (w.process[i].mm == mm) return true;
  return false;
}

template <class See>
void each_page(const vm_area_struct* vma, See see) {
  for (unsigned long addr = vma->vm_start.peek(); addr < vma->vm_end.peek(); addr += PAGE_SIZE)
    see(vma->vm_mm.peek(), addr);
}

struct page_count {
  unsigned long pages, mapped, tables;
};
page_count count_pages(const vm_area_struct* vma) {
  page_count n = {};
  each_page(vma, [&](const vm_process* mm, unsigned long addr) {
    ++n.pages;
    n.mapped += peek_pte(mm, addr) != 0;
    n.tables += peek_has_table(mm, addr);
  });
  return n;
}

template <class See>
void each_tracked(const vfio_pci_core_device* vdev, See see) {
  const list_head* at = list_peek_next(&vdev->vma_list);
  for (; at != &vdev->vma_list; at = list_peek_next(at))
    see(list_entry(const_cast<list_head*>(at), vfio_pci_mmap_vma, vma_next)->vma.peek());
}

unsigned times_tracked(const vfio_pci_core_device* vdev, const vm_area_struct* vma) {
  unsigned times = 0;
  each_tracked(vdev, [&](const vm_area_struct* its) { times += its == vma; });
  return times;
}

void judge_refusal(vm_fault_t ret) {
  if ((ret & VM_FAULT_SIGBUS) != 0 && chapter_world().promised[current_task()])
    convict_here("fault-refused", "memory was enabled and nothing had to be allocated");
}

// The first open wakes the device up; the last close allows no sleep any more, and wakes it up
// afterwards.
bool is_being_opened_or_closed() {
  constexpr const char* changes[] = {"vfio_df_open", "vfio_df_close", nullptr};
  for (unsigned t = 0; t < task_count(); ++t)
    if (task_inside(static_cast<task_id>(t), changes) != nullptr) return true;
  return false;
}

// A device that nobody allows to sleep is awake, or about to be.
void judge_sleep(const vfio_pci_core_device* vdev) {
  const u32 status = vdev->power.runtime_status.peek();
  if (is_closed(vdev) || is_being_opened_or_closed()) return;
  if (!is_engaged(vdev) && (status == RPM_SUSPENDED || status == RPM_SUSPENDING))
    convict_here("asleep-in-use", "the user has not allowed the device to sleep, and it does");
}

// Whatever the lock says: nobody may reach the device now.
void judge_unreachable(const vfio_pci_core_device* vdev, const char* why) {
  const vfio_pci_world& w = chapter_world();
  for (u32 i = 0; i < w.processes; ++i) {
    const vm_process* const mm = w.process[i].mm;
    if (!is_live(mm) || refcount_peek(&mm->mm_users) == 0) continue;
    for (unsigned long addr = 0; addr < TASK_SIZE; addr += PAGE_SIZE) {
      const u64 pte = peek_pte(mm, addr);
      if (pte != 0 && vdev_of_pfn(pte_pfn(pte)) == vdev)
        convict_here("bar-mapped-while-disabled", why);
    }
  }
}

// While somebody holds vma_lock the list need not be up to date.
void judge_area(const vm_area_struct* vma, const page_count& n) {
  const vm_operations_struct& ops = vm_ops_of(vma->vm_ops.peek());
  const auto* const vdev = static_cast<vfio_pci_core_device*>(vma->vm_private_data.peek());
  if (ops.close == nullptr || vdev->vma_lock.holder != 0) return;
  if (ops.whole && n.mapped != 0 && n.mapped != n.pages)
    convict_here("bar-half-mapped", "a fault has mapped a part of its area");
  if (n.mapped != 0 && times_tracked(vdev, vma) == 0)
    convict_here("bar-not-tracked", "the area is mapped, and the device does not know of it");
}

void judge_areas_of(const vfio_pci_core_device* vdev, const vm_process* mm) {
  if (!is_live(mm) || refcount_peek(&mm->mm_users) == 0) return;
  const interval_tree_node* n = interval_tree_peek_first(&mm->mm_mt);
  for (; n != nullptr; n = interval_tree_peek_next(n)) {
    const auto* const vma = container_of(const_cast<interval_tree_node*>(n), vm_area_struct, vm_mt);
    if (vma->vm_private_data.peek() == vdev) judge_area(vma, count_pages(vma));
  }
}

}  // namespace

// The child of a fork that is under way is nobody's yet.
void pte_set(const vm_process* mm, unsigned long addr) {
  const peek_scope looking;
  if (is_known(mm) && refcount_peek(&mm->mm_users) != 0) judge_entry(mm, addr);
}

void process_forked(const vm_process* mm) {
  const peek_scope looking;
  judge_process(mm);
}

void memory_lock_released(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  judge_sleep(vdev);
  if (may_be_mapped(vdev)) return;
  const vfio_pci_world& w = chapter_world();
  for (u32 i = 0; i < w.processes; ++i) judge_process(w.process[i].mm);
}

void device_resets(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  judge_unreachable(vdev, "a process maps the BAR of a device that is reset");
}

void device_was_closed(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  judge_unreachable(vdev, "a process maps the BAR of a device that has been closed");
}

void fault_looked(const vm_area_struct* vma) {
  const peek_scope looking;
  const auto* const vdev = static_cast<vfio_pci_core_device*>(vma->vm_private_data.peek());
  const page_count n = count_pages(vma);
  chapter_world().promised[current_task()] = may_be_mapped(vdev) && n.tables == n.pages;
}

void fault_done(const vm_area_struct* vma, vm_fault_t ret) {
  const peek_scope looking;
  judge_refusal(ret);
  judge_area(vma, count_pages(vma));
}

void mmio_done(const vfio_pci_core_device* vdev, bool decodes) {
  const peek_scope looking;
  if (is_closed(vdev)) convict_here("mmio-while-disabled", "the device has been closed");
  decodes = decodes || vdev->no_command_memory.peek();
  if (!decodes || vdev->current_state.peek() >= PCI_D3hot)
    convict_here("mmio-while-disabled", "the device's memory is disabled");
}

void device_falls_asleep(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  const vfio_pci_irq_ctx* const ctx = vdev->ctx.peek();
  if (ctx != nullptr && !ctx->masked.peek())
    convict_here("intx-mask-lost", "the device falls asleep, and INTx is not masked");
}

void intx_enabled(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  masked_by_user(vdev) = vdev->ctx.peek()->masked.peek();
}

void intx_masked(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  constexpr const char* suspend[] = {"vfio_pci_core_runtime_suspend", nullptr};
  if (task_inside(current_task(), suspend) == nullptr) masked_by_user(vdev) = true;
}

void intx_unmasked(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  constexpr const char* resume[] = {"vfio_pci_core_runtime_resume", nullptr};
  const bool wakes_up = task_inside(current_task(), resume) != nullptr;
  if (wakes_up && masked_by_user(vdev))
    convict_here("intx-mask-lost", "a wake-up has unmasked what the user had masked");
  masked_by_user(vdev) = false;
}

void tracking_settled(const vfio_pci_core_device* vdev) {
  const peek_scope looking;
  each_tracked(vdev, [&](const vm_area_struct* vma) {
    if (!is_live(vma)) convict_here("bar-not-tracked", "the device knows of an area that has gone");
    if (times_tracked(vdev, vma) > 1)
      convict_here("bar-not-tracked", "the device knows of an area twice");
  });
  const vfio_pci_world& w = chapter_world();
  for (u32 i = 0; i < w.processes; ++i) judge_areas_of(vdev, w.process[i].mm);
}

}  // namespace iorace::kern::contract
