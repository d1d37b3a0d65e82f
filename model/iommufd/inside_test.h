// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that look into a world or tamper with it: the kernel's objects by number. No function
// here makes an operation.
#pragma once

#include <vector>

#include "model/iommufd/file.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/selftest.h"

namespace iorace::kern {

inline iommufd_ioas* ioas_of(world* w, std::uint64_t id = 1) {
  return static_cast<iommufd_ioas*>(xa_peek(&w->ictx->objects, id));
}
inline io_pagetable* iopt_of(world* w, std::uint64_t id = 1) { return &ioas_of(w, id)->iopt; }
inline iommufd_access* access_of(world* w, std::uint64_t fd = 3) {
  auto* const filp = static_cast<file*>(xa_peek(&w->files->fdt, fd));
  return static_cast<selftest_access*>(filp->private_data.peek())->access.peek();
}
// In the order of their IOVA.
inline std::vector<iopt_area*> areas_of(world* w, std::uint64_t id = 1) {
  std::vector<iopt_area*> areas;
  const interval_tree_node* node = interval_tree_peek_first(&iopt_of(w, id)->area_itree);
  for (; node != nullptr; node = interval_tree_peek_next(node))
    areas.push_back(container_of(const_cast<interval_tree_node*>(node), iopt_area, node));
  return areas;
}
inline iopt_area* first_area(world* w, std::uint64_t id = 1) { return areas_of(w, id).at(0); }

}  // namespace iorace::kern
