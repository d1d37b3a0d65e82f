// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariant, at the moment at which sound code keeps it.
//   reserved-not-kept  I1.11  when the lock of a group that iommufd has is about to be dropped
#include "model/iommufd/idev_contracts.h"

#include "model/convict.h"
#include "model/iommufd/idev.h"
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern::contract {
namespace {

bool is_reserved_for(const io_pagetable* iopt, const struct device* dev, unsigned long iova) {
  const interval_tree_node* node = interval_tree_peek_first(&iopt->reserved_itree);
  for (; node != nullptr; node = interval_tree_peek_next(node)) {
    const auto* const reserved =
        container_of(const_cast<interval_tree_node*>(node), iopt_reserved, node);
    if (reserved->owner.peek() == dev && node->start.peek() == iova) return true;
  }
  return false;
}

}  // namespace

void igroup_settled(const iommufd_group* igroup) {
  const peek_scope looking;
  const iommufd_hwpt_paging* const hwpt = igroup->hwpt.peek();
  if (hwpt == nullptr) return;
  const io_pagetable* const iopt = &hwpt->ioas.peek()->iopt;
  const list_head* at = list_peek_next(&igroup->device_list);
  for (; at != &igroup->device_list; at = list_peek_next(at)) {
    const struct device* const dev =
        list_entry(const_cast<list_head*>(at), iommufd_core_device, group_item)->dev.peek();
    for (const resv_region& resv : resv_regions)
      if ((dev->flags.peek() & resv.flag) != 0 && !is_reserved_for(iopt, dev, resv.iova))
        convict_here("reserved-not-kept", "the user can map what an attached device cannot reach");
  }
}

}  // namespace iorace::kern::contract
