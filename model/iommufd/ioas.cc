// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The ioctls on an IO address space. Kernel: drivers/iommu/iommufd/ioas.c @ 6.12.117.
// Omitted: IOVA_RANGES and ALLOW_IOVAS, which no race of this chapter needs (the tree of allowed
// IOVA is there and is always empty), and flags and reserved fields that have to be zero. OPTION is
// in vfio_compat.cc.
#include "model/iommufd/ioas.h"

#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

void iommufd_ioas_destroy(iommufd_object* obj) {
  KFUNC();
  auto* const ioas = container_of(obj, iommufd_ioas, obj);
  const int rc = iopt_unmap_all(&ioas->iopt, nullptr);
  WARN_ON(rc != 0 && rc != -ENOENT);
  iopt_destroy_table(&ioas->iopt);
}

static iommufd_ioas* iommufd_ioas_alloc(iommufd_ctx* ictx) {
  KFUNC();
  auto* const ioas = iommufd_object_alloc<iommufd_ioas>(ictx, iommufd_object_type::ioas);
  if (IS_ERR(ioas)) return ioas;
  iopt_init_table(&ioas->iopt);
  INIT_LIST_HEAD(&ioas->hwpt_list);
  mutex_init(&ioas->mutex);
  return ioas;
}

int iommufd_ioas_alloc_ioctl(iommufd_ctx* ictx, u32* out_ioas_id) {
  KFUNC();
  iommufd_ioas* const ioas = iommufd_ioas_alloc(ictx);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  *out_ioas_id = ioas->obj.id;
  const int rc = iommufd_ucmd_respond("ioas_alloc");
  if (rc != 0) {
    iommufd_object_abort_and_destroy(ictx, &ioas->obj);
    return rc;
  }
  iommufd_object_finalize(ictx, &ioas->obj);
  return 0;
}

// Simplified: without IOMMU_CACHE, which nothing in the model looks at.
static int conv_iommu_prot(u32 map_flags) {
  int iommu_prot = 0;
  if ((map_flags & IOMMU_IOAS_MAP_WRITEABLE) != 0) iommu_prot |= IOMMU_WRITE;
  if ((map_flags & IOMMU_IOAS_MAP_READABLE) != 0) iommu_prot |= IOMMU_READ;
  return iommu_prot;
}

static constexpr u32 map_flags_known =
    IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE;

int iommufd_ioas_map(iommufd_ctx* ictx, ioas_map_cmd* cmd) {
  KFUNC();
  if ((cmd->flags & ~map_flags_known) != 0) return -EOPNOTSUPP;
  if (cmd->iova >= ULONG_MAX || cmd->length >= ULONG_MAX) return -EOVERFLOW;
  if ((cmd->flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)) == 0) return -EINVAL;

  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, cmd->ioas_id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  const unsigned flags = (cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA) == 0 ? IOPT_ALLOC_IOVA + 0u : 0u;
  unsigned long iova = cmd->iova;
  int rc = iopt_map_user_pages(&ioas->iopt, &iova, cmd->user_va, cmd->length,
                               conv_iommu_prot(cmd->flags), flags);
  if (rc == 0) {
    cmd->iova = iova;
    rc = iommufd_ucmd_respond("ioas_map");
  }
  iommufd_put_object(ictx, &ioas->obj);
  return rc;
}

int iommufd_ioas_copy(iommufd_ctx* ictx, ioas_copy_cmd* cmd) {
  KFUNC();
  if ((cmd->flags & ~map_flags_known) != 0) return -EOPNOTSUPP;
  if (cmd->length >= ULONG_MAX || cmd->src_iova >= ULONG_MAX || cmd->dst_iova >= ULONG_MAX)
    return -EOVERFLOW;
  if ((cmd->flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)) == 0) return -EINVAL;

  iopt_pages_list pages_list = {};
  iommufd_ioas* const src_ioas = iommufd_get_ioas(ictx, cmd->src_ioas_id);
  if (IS_ERR(src_ioas)) return static_cast<int>(PTR_ERR(src_ioas));
  int rc = iopt_get_pages(&src_ioas->iopt, cmd->src_iova, cmd->length, &pages_list);
  iommufd_put_object(ictx, &src_ioas->obj);
  if (rc != 0) return rc;

  iommufd_ioas* const dst_ioas = iommufd_get_ioas(ictx, cmd->dst_ioas_id);
  if (IS_ERR(dst_ioas)) {
    iopt_free_pages_list(&pages_list);
    return static_cast<int>(PTR_ERR(dst_ioas));
  }
  const unsigned flags = (cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA) == 0 ? IOPT_ALLOC_IOVA + 0u : 0u;
  unsigned long iova = cmd->dst_iova;
  rc = iopt_map_pages(&dst_ioas->iopt, &pages_list, cmd->length, &iova, conv_iommu_prot(cmd->flags),
                      flags);
  if (rc == 0) {
    cmd->dst_iova = iova;
    rc = iommufd_ucmd_respond("ioas_copy");
  }
  iommufd_put_object(ictx, &dst_ioas->obj);
  iopt_free_pages_list(&pages_list);
  return rc;
}

int iommufd_ioas_unmap(iommufd_ctx* ictx, ioas_unmap_cmd* cmd) {
  KFUNC();
  unsigned long unmapped = 0;
  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, cmd->ioas_id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));

  int rc = 0;
  if (cmd->iova == 0 && cmd->length == ULONG_MAX) {
    rc = iopt_unmap_all(&ioas->iopt, &unmapped);
  } else if (cmd->iova >= ULONG_MAX || cmd->length >= ULONG_MAX) {
    rc = -EOVERFLOW;
  } else {
    rc = iopt_unmap_iova(&ioas->iopt, cmd->iova, cmd->length, &unmapped);
    if (rc == 0 && unmapped == 0) rc = -ENOENT;
  }
  // After an error nobody is told how much was unmapped.
  if (rc == 0) {
    cmd->length = unmapped;
    rc = iommufd_ucmd_respond("ioas_unmap");
  }
  iommufd_put_object(ictx, &ioas->obj);
  return rc;
}

}  // namespace iorace::kern
