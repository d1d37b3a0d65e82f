// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Arguments of the ioctls on an IO address space. Kernel: include/uapi/linux/iommufd.h @ 6.12.117.
// The structs are the caller's own memory, as the kernel's copy of them is.
#pragma once

#include "model/iommufd/iommufd_private.h"

namespace iorace::kern {

enum : u32 {
  IOMMU_IOAS_MAP_FIXED_IOVA = 1,
  IOMMU_IOAS_MAP_WRITEABLE = 2,
  IOMMU_IOAS_MAP_READABLE = 4,
};

struct ioas_map_cmd {
  u32 flags, ioas_id;
  unsigned long user_va, length, iova;
};
struct ioas_copy_cmd {
  u32 flags, dst_ioas_id, src_ioas_id;
  unsigned long length, dst_iova, src_iova;
};
struct ioas_unmap_cmd {
  u32 ioas_id;
  unsigned long iova, length;
};

int iommufd_ioas_map(iommufd_ctx* ictx, ioas_map_cmd* cmd);
int iommufd_ioas_copy(iommufd_ctx* ictx, ioas_copy_cmd* cmd);
int iommufd_ioas_unmap(iommufd_ctx* ictx, ioas_unmap_cmd* cmd);

}  // namespace iorace::kern
