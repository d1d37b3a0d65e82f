// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommufd/vfio_compat.c @ 6.12.117.
#pragma once

#include "model/iommufd/iommufd_private.h"

namespace iorace::kern {

int iommufd_vfio_unmap_dma(iommufd_ctx* ictx, u32 ioas_id, unsigned long iova, unsigned long size);
// IOMMU_OPTION_HUGE_PAGES of an ioas, set. Without huge pages areas may be split.
int iommufd_ioas_option_huge_pages(iommufd_ctx* ictx, u32 ioas_id, u64 val64);

}  // namespace iorace::kern
