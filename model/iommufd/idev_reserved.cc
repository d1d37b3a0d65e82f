// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the user cannot map where a device is attached: what it keeps for firmware that does not
// give way, and what the platform answers itself.
// Kernel: drivers/iommu/iommufd/{io_pagetable,device}.c @ 6.12.117. Omitted: MSI windows.
#include "model/iommufd/idev.h"
#include "model/iommufd/io_pagetable.h"
#include "model/world.h"

namespace iorace::kern {

int iopt_table_enforce_dev_resv_regions(io_pagetable* iopt, struct device* dev) {
  KFUNC();
  int rc = 0;
  down_write(&iopt->iova_rwsem);
  for (const resv_region& resv : resv_regions)
    if (rc == 0 && (dev->flags.peek() & resv.flag) != 0)
      rc = iopt_reserve_iova(iopt, resv.iova, resv.iova + PAGE_SIZE - 1, dev);
  if (rc != 0) __iopt_remove_reserved_iova(iopt, dev);
  up_write(&iopt->iova_rwsem);
  if (rc == -EADDRINUSE) PROBE(reserved_in_use);
  if ((dev->flags.peek() & DEVICE_RELAXABLE) != 0) PROBE(firmware_gave_way);
  return rc;
}

void iommufd_group_remove_reserved_iova(iommufd_group* igroup, iommufd_hwpt_paging* hwpt) {
  KFUNC();
  iommufd_core_device* cur = nullptr;
  list_for_each_entry(cur, &igroup->device_list, group_item) {
    struct device* const dev = cur->dev;
    iopt_remove_reserved_iova(iopt_of(hwpt), dev);
  }
}

int iommufd_group_do_replace_reserved_iova(iommufd_group* igroup, iommufd_hwpt_paging* hwpt) {
  KFUNC();
  iommufd_hwpt_paging* const old = igroup->hwpt;
  if (iopt_of(hwpt) == iopt_of(old)) return 0;
  iommufd_core_device* cur = nullptr;
  list_for_each_entry(cur, &igroup->device_list, group_item) {
    struct device* const dev = cur->dev;
    const int rc = iopt_table_enforce_dev_resv_regions(iopt_of(hwpt), dev);
    if (rc == 0) continue;
    iommufd_group_remove_reserved_iova(igroup, hwpt);
    return rc;
  }
  return 0;
}

}  // namespace iorace::kern
