// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The old VFIO ioctl that may punch holes. Kernel: drivers/iommu/iommufd/vfio_compat.c and
// ioas.c:iommufd_option @ 6.12.117. Simplified: the ioas is named by the caller instead of being
// the context's default one; only the flag-less form, since UNMAP_ALL is ioas_unmap_all.
#include "model/iommufd/vfio_compat.h"

#include "model/iommufd/io_pagetable.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

int iommufd_vfio_unmap_dma(iommufd_ctx* ictx, u32 ioas_id, unsigned long iova, unsigned long size) {
  KFUNC();
  if (!copy_from_user("vfio_unmap_dma")) return -EFAULT;
  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, ioas_id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  int rc = 0;
  if (READ_ONCE(ioas->iopt.disable_large_pages)) {
    const unsigned long iovas[] = {iova + size - 1, iova - 1};
    rc = iopt_cut_iova(&ioas->iopt, iovas, iova != 0 ? 2 : 1);
  }
  if (rc == 0) {
    unsigned long unmapped = 0;
    rc = iopt_unmap_iova(&ioas->iopt, iova, size, &unmapped);
    if (!copy_to_user("vfio_unmap_dma")) rc = -EFAULT;
  }
  iommufd_put_object(ictx, &ioas->obj);
  return rc;
}

int iommufd_ioas_option_huge_pages(iommufd_ctx* ictx, u32 ioas_id, u64 val64) {
  KFUNC();
  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, ioas_id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  int rc = -EINVAL;
  if (val64 == 0) {
    rc = iopt_disable_large_pages(&ioas->iopt);
  } else if (val64 == 1) {
    iopt_enable_large_pages(&ioas->iopt);
    rc = 0;
  }
  iommufd_put_object(ictx, &ioas->obj);
  if (rc == 0 && !copy_to_user("option")) rc = -EFAULT;
  return rc;
}

}  // namespace iorace::kern
