// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that look into a world of this chapter or tamper with it. No function here makes an
// operation.
#pragma once

#include "model/test_calls.h"
#include "model/vfio/pci/vfio_pci_priv.h"
#include "scheduler/strategies/strategy.h"

namespace iorace::kern {

inline config of_pci(config c) {
  c.chapters = chapter_bit(chapter::mm) | chapter_bit(chapter::vfio_pci);
  return c;
}
inline config pci_config() { return of_pci(repaired_config()); }

inline vfio_pci_core_device* vdev(world* w, unsigned number = 1) {
  return w->vfio_pci->vdev[number - 1];
}
inline vm_process* process_of(world* w, u64 id = 1) {
  for (u32 i = 0; i < w->vfio_pci->processes; ++i)
    if (w->vfio_pci->process[i].id == id) return w->vfio_pci->process[i].mm;
  return nullptr;
}
inline vm_area_struct* vma_at(world* w, unsigned long addr, u64 process = 1) {
  const interval_tree_node* node = interval_tree_peek_first(&process_of(w, process)->mm_mt);
  for (; node != nullptr; node = interval_tree_peek_next(node))
    if (node->start.peek() == addr)
      return container_of(const_cast<interval_tree_node*>(node), vm_area_struct, vm_mt);
  return nullptr;
}

// One task, whose fault number `n` is injected; none if that is 0.
class fail_nth final : public strategy {
 public:
  explicit fail_nth(unsigned n) : n_(n) {}
  void begin(const execution_options&) override { made_ = 0; }
  task_id pick(const choice_view&) override { return 1; }
  std::uint32_t draw(task_id, const char*, std::uint32_t, draw_kind) override {
    return ++made_ == n_ ? 1 : 0;
  }

 private:
  unsigned n_;
  unsigned made_ = 0;
};

}  // namespace iorace::kern
