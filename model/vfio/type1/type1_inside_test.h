// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that look into a world of this chapter or tamper with it. No function here makes an
// operation.
#pragma once

#include "model/test_calls.h"
#include "model/vfio/type1/ghosts.h"

namespace iorace::kern {

inline config of_type1(config c) {
  c.chapters = chapter_bit(chapter::mm) | chapter_bit(chapter::vfio_type1);
  return c;
}
inline config type1_config() { return of_type1(repaired_config()); }

inline type1::vfio_iommu* first_container(world* w) {
  return const_cast<type1::vfio_iommu*>(w->vfio_type1->ghost->containers.begin()->iommu);
}
// The memory that the first process began with.
inline type1::mm_struct* first_mm(world* w) {
  return const_cast<type1::mm_struct*>(w->vfio_type1->ghost->mms.begin()->mm);
}
// The first mapping of the first container.
inline type1::vfio_dma* first_dma(world* w) {
  const interval_tree_node* n = interval_tree_peek_first(&first_container(w)->dma_list);
  return container_of(const_cast<interval_tree_node*>(n), type1::vfio_dma, node);
}

// A container with a mapping of two pages at 0x10000 and a device whose driver pins.
inline void one_mdev(world* w) {
  make_call(w, "container_open");
  make_call(w, "group_attach", {1, 0});
  make_call(w, "mdev_open", {1});
  make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000});
}
// The same with a device that has an iommu.
inline void one_domain(world* w) {
  make_call(w, "container_open");
  make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT});
  make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000});
}

}  // namespace iorace::kern
