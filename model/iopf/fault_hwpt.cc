// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Hardware page tables whose page requests a fault object gets.
// Kernel: drivers/iommu/iommufd/hw_pagetable.c @ 6.12.117.
// Simplified: nothing is translated, so that the domain is nested in no other and needs neither an
// IO address space nor a device.
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern {
namespace iopf {
namespace {

iommufd_hw_pagetable* iommufd_hwpt_nested_alloc(iommufd_ctx* ictx) {
  KFUNC();
  auto* const hwpt =
      iommufd_object_alloc<iommufd_hw_pagetable>(ictx, iommufd_object_type::hwpt_nested);
  if (IS_ERR(hwpt)) return hwpt;
  auto* const domain = kzalloc<iopf_domain>();
  hwpt->domain = domain;
  if (domain != nullptr) {
    domain->type = DOMAIN_NESTED;
    return hwpt;
  }
  iommufd_object_abort_and_destroy(ictx, &hwpt->obj);
  return ERR_PTR(-ENOMEM);
}

int set_fault(iommufd_ctx* ictx, iommufd_hw_pagetable* hwpt, u32 fault_id) {
  iommufd_object* const obj = iommufd_get_object(ictx, fault_id, iommufd_object_type::fault);
  if (IS_ERR(obj)) return static_cast<int>(PTR_ERR(obj));
  auto* const fault = container_of(obj, iommufd_fault, obj);
  iopf_domain* const domain = hwpt->domain;
  hwpt->fault = fault;
  domain->handler = HANDLER_IOMMUFD;
  domain->fault_data = static_cast<void*>(hwpt);
  refcount_inc(&fault->obj.users);
  iommufd_put_object(ictx, &fault->obj);
  return 0;
}

}  // namespace

int iommufd_fault_hwpt_alloc(iommufd_ctx* ictx, bool with_fault, u32 fault_id, u32* out_hwpt_id) {
  iommufd_hw_pagetable* const hwpt = iommufd_hwpt_nested_alloc(ictx);
  if (IS_ERR(hwpt)) return static_cast<int>(PTR_ERR(hwpt));
  int rc = with_fault ? set_fault(ictx, hwpt, fault_id) : 0;
  if (rc == 0) rc = iommufd_ucmd_respond("fault_hwpt_alloc");
  if (rc != 0) {
    iommufd_object_abort_and_destroy(ictx, &hwpt->obj);
    return rc;
  }
  *out_hwpt_id = hwpt->obj.id;
  iommufd_object_finalize(ictx, &hwpt->obj);
  return 0;
}

}  // namespace iopf

void iommufd_hwpt_nested_destroy(iommufd_object* obj) {
  KFUNC();
  auto* const hwpt = container_of(obj, iopf::iommufd_hw_pagetable, obj);
  iopf::iopf_domain* const domain = hwpt->domain;
  if (domain != nullptr) kfree(domain);
  iopf::iommufd_fault* const fault = hwpt->fault;
  if (fault != nullptr) refcount_dec(&fault->obj.users);
}

}  // namespace iorace::kern
