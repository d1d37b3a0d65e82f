// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Hardware page tables: a domain that follows an IO address space.
// Kernel: drivers/iommu/iommufd/hw_pagetable.c @ 6.12.117.
// Simplified: a device of the mock comes and goes with each hwpt, which has no dev_id for it; its
// driver makes plain domains only, so that no flag is known. As where a device gets a domain
// without having asked for one, it is attached before anything is mapped. Omitted: nested domains,
// dirty tracking. With a fault object: model/iopf/fault_hwpt.cc.
#include "model/iommufd/idev.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"

namespace iorace::kern {

static void detach_device(iommufd_hwpt_paging* hwpt_paging) {
  iommu_domain* const domain = hwpt_paging->domain;
  if (domain != nullptr && is_mock(domain)) mock_domain_detach_device(domain);
}

void iommufd_hwpt_paging_destroy(iommufd_object* obj) {
  KFUNC();
  auto* const hwpt_paging = container_of(obj, iommufd_hwpt_paging, obj);
  iommufd_ioas* const ioas = hwpt_paging->ioas;
  detach_device(hwpt_paging);
  if (!list_empty(&hwpt_paging->hwpt_item)) {
    mutex_lock(&ioas->mutex);
    list_del(&hwpt_paging->hwpt_item);
    mutex_unlock(&ioas->mutex);
    iommu_domain* const domain = hwpt_paging->domain;
    iopt_table_remove_domain(&ioas->iopt, domain);
  }
  iommu_domain* const domain = hwpt_paging->domain;
  if (domain != nullptr) iommu_domain_free(domain);
  refcount_dec(&ioas->obj.users);
}

// Requires: ioas->mutex, as until finalize.
void iommufd_hwpt_paging_abort(iommufd_object* obj) {
  KFUNC();
  auto* const hwpt_paging = container_of(obj, iommufd_hwpt_paging, obj);
  iommufd_ioas* const ioas = hwpt_paging->ioas;
  lockdep_assert_held(&ioas->mutex);
  detach_device(hwpt_paging);
  if (!list_empty(&hwpt_paging->hwpt_item)) {
    list_del_init(&hwpt_paging->hwpt_item);
    iommu_domain* const domain = hwpt_paging->domain;
    iopt_table_remove_domain(&ioas->iopt, domain);
  }
  iommufd_hwpt_paging_destroy(obj);
}

static int attach(iommufd_hwpt_paging* hwpt_paging, iommufd_core_device* idev,
                  iommu_domain* domain) {
  if (idev != nullptr) return iommufd_hw_pagetable_attach(hwpt_paging, idev);
  return mock_domain_attach_device(domain, hwpt_paging->obj.id);
}

// What is attached is detached by the caller's abort, if it is a mock's.
static int fill(iommufd_hwpt_paging* hwpt_paging, iommufd_core_device* idev, iommu_domain* domain,
                bool immediate_attach) {
  iommufd_ioas* const ioas = hwpt_paging->ioas;
  int rc = immediate_attach ? attach(hwpt_paging, idev, domain) : 0;
  if (rc != 0) return rc;
  rc = iopt_table_add_domain(&ioas->iopt, domain);
  if (rc != 0 && immediate_attach && idev != nullptr) iommufd_hw_pagetable_detach(idev);
  return rc;
}

iommufd_hwpt_paging* iommufd_hwpt_paging_alloc(iommufd_ctx* ictx, iommufd_ioas* ioas,
                                               iommufd_core_device* idev, u32 flags,
                                               bool immediate_attach) {
  KFUNC();
  lockdep_assert_held(&ioas->mutex);
  if (flags != 0) return ERR_PTR(-EOPNOTSUPP);
  auto* const hwpt_paging =
      iommufd_object_alloc<iommufd_hwpt_paging>(ictx, iommufd_object_type::hwpt_paging);
  if (IS_ERR(hwpt_paging)) return hwpt_paging;
  INIT_LIST_HEAD(&hwpt_paging->hwpt_item);
  refcount_inc(&ioas->obj.users);
  hwpt_paging->ioas = ioas;

  iommu_domain* const domain =
      idev != nullptr ? device_domain_alloc(idev->dev) : mock_domain_alloc_paging();
  int rc = IS_ERR(domain) ? static_cast<int>(PTR_ERR(domain)) : 0;
  if (rc == 0) {
    hwpt_paging->domain = domain;
    rc = fill(hwpt_paging, idev, domain, immediate_attach);
  }
  if (rc != 0) {
    iommufd_object_abort_and_destroy(ictx, &hwpt_paging->obj);
    return ERR_PTR(rc);
  }
  list_add_tail(&hwpt_paging->hwpt_item, &ioas->hwpt_list);
  return hwpt_paging;
}

int iommufd_hwpt_alloc(iommufd_ctx* ictx, u32 pt_id, u32 flags, u32* out_hwpt_id) {
  KFUNC();
  iommufd_object* const pt_obj = iommufd_get_object(ictx, pt_id, iommufd_object_type::any);
  if (IS_ERR(pt_obj)) return -EINVAL;
  const iommufd_object_type type = pt_obj->type;
  if (type != iommufd_object_type::ioas) {
    iommufd_put_object(ictx, pt_obj);
    // A domain nested in another takes the user's description of it, which no caller here has.
    return type == iommufd_object_type::hwpt_paging ? -EOPNOTSUPP : -EINVAL;
  }

  auto* const ioas = container_of(pt_obj, iommufd_ioas, obj);
  mutex_lock(&ioas->mutex);
  int rc = 0;
  iommufd_hwpt_paging* const hwpt = iommufd_hwpt_paging_alloc(ictx, ioas, nullptr, flags, true);
  if (IS_ERR(hwpt)) {
    rc = static_cast<int>(PTR_ERR(hwpt));
  } else {
    *out_hwpt_id = hwpt->obj.id;
    rc = iommufd_ucmd_respond("hwpt_alloc");
    if (rc == 0)
      iommufd_object_finalize(ictx, &hwpt->obj);
    else
      iommufd_object_abort_and_destroy(ictx, &hwpt->obj);
  }
  mutex_unlock(&ioas->mutex);
  iommufd_put_object(ictx, pt_obj);
  return rc;
}

}  // namespace iorace::kern
