// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a bus without devices, and the process that all others are
// children of.
#include <algorithm>
#include <iterator>
#include <new>

#include "model/iommufd/file.h"
#include "model/vfio/pci/contracts.h"
#include "model/vfio/pci/vfio_pci_tables.h"

namespace iorace::kern {

static constexpr unsigned first_pfn = bar_pages;  // of the first device

pmd_leaf* huge_entry(unsigned long pfn) {
  return this_world().vfio_pci->huge[(pfn - first_pfn) / PTRS_PER_PTE];
}

bool pmd_trans_huge(const pte_table* entry) {
  const auto& huge = this_world().vfio_pci->huge;
  return entry != nullptr && std::find(std::begin(huge), std::end(huge), entry) != std::end(huge);
}

pud_leaf* giant_entry(unsigned long pfn) {
  return this_world().vfio_pci->giant[(pfn - first_pfn) * PAGE_SIZE / PUD_SIZE];
}
pud_leaf* pmd_page() { return this_world().vfio_pci->pmd_page; }

static void make_giant_entries(vfio_pci_world& w) {
  unsigned long pfn = first_pfn;
  for (pud_leaf*& entry : w.giant) {
    entry = iorace::make<pud_leaf>();
    for (shared<u64>& pte : entry->pte) pte.poke(pfn_pte(pfn++));
  }
  w.pmd_page = iorace::make<pud_leaf>();
}

static void free_giant_entries(vfio_pci_world& w) {
  for (pud_leaf* const entry : w.giant)
    if (entry != nullptr) kfree(entry);
  if (w.pmd_page != nullptr) kfree(w.pmd_page);
}

static void make_huge_entries(vfio_pci_world& w) {
  unsigned long pfn = first_pfn;
  for (pmd_leaf*& entry : w.huge) {
    entry = iorace::make<pmd_leaf>();
    for (shared<u64>& pte : entry->pte) pte.poke(pfn_pte(pfn++));
  }
}

namespace vfio_pci_tables {

void make(world& w) {
  auto* const mine = ::new (scratch(sizeof(vfio_pci_world))) vfio_pci_world{};
  w.vfio_pci = mine;
  mine->dev_set = iorace::make<vfio_device_set>();
  mutex_init(&mine->dev_set->lock);
  INIT_LIST_HEAD(&mine->dev_set->device_list);
  xa_init_flags(&mine->dev_set->files, XA_FLAGS_ALLOC);
  mine->process[mine->processes++] = {1, make_process()};
  if (limit_value(limit::huge_pfnmap) != 0) make_huge_entries(*mine);
  if (has_puds()) make_giant_entries(*mine);
  mine->system_wq = alloc_workqueue("events", 0, 0);
  if (has_runtime_pm()) mine->pm_wq = alloc_workqueue("pm", 0, 0);
}

// Of vfio_pci_core_disable. Nobody suspends the device any more.
static void wake_for_good(vfio_pci_core_device* vdev) {
  if (!has_runtime_pm()) return;
  pm_runtime_resume_and_get(vdev);
  vfio_pci_runtime_pm_exit(vdev);
  flush_work(&vdev->power.work);
}

static void close_device(vfio_pci_core_device* vdev) {
  if (files_can_close()) {
    vdev_close(vdev->number);
    task_work_run();
    if (has_runtime_pm()) flush_work(&vdev->power.work);
    list_del(&vdev->dev_set_list);
    kfree(vdev);
    return;
  }
  disable_ioeventfds(vdev);
  wake_for_good(vdev);
  disable_closed_intx(vdev);
  list_del(&vdev->dev_set_list);
  const u32 fd = vdev->number;
  xa_erase(&this_world().vfio_pci->dev_set->files, fd);
  kfree(vdev);
}

void finish(world& w) {
  vfio_pci_world& mine = *w.vfio_pci;
  for (vfio_pci_core_device* const vdev : mine.vdev) {
    if (vdev == nullptr) continue;
    CONTRACT(tracking_settled, vdev);
    if (files_can_close()) pm_runtime_get_noresume(vdev);  // nobody is left to put it to sleep
  }
  for (u32 i = 0; i < mine.processes; ++i) {
    vm_process* const mm = mine.process[i].mm;
    if (refcount_peek(&mm->mm_users) != 0) mmput(mm);
    kfree(mm);
  }
  for (vfio_pci_core_device* const vdev : mine.vdev)
    if (vdev != nullptr) close_device(vdev);
  destroy_workqueue(mine.system_wq);
  if (mine.pm_wq != nullptr) destroy_workqueue(mine.pm_wq);
  for (pmd_leaf* const entry : mine.huge)
    if (entry != nullptr) kfree(entry);
  free_giant_entries(mine);
  kfree(mine.dev_set);
}

}  // namespace vfio_pci_tables
}  // namespace iorace::kern
