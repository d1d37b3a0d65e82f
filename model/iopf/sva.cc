// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/iommu-sva.c @ 6.12.117.
#include "model/iopf/sva.h"

#include "model/iopf/iopf_world.h"
#include "model/iopf/svm.h"
#include "model/world.h"

namespace iorace::kern {

using namespace iopf;

void mm_pasid_drop(user_mm_struct* mm) {
  iommu_mm_data* const iommu_mm = mm->iommu_mm.peek();
  if (iommu_mm == nullptr) return;
  xa_erase(&this_world().iopf->sva->pasids, iommu_mm->pasid.peek());
  kfree(iommu_mm);
}

namespace iopf {
namespace {

// Requires: iommu_sva_lock.
iommu_mm_data* iommu_alloc_mm_data(user_mm_struct* mm, pri_device* dev) {
  KFUNC();
  const u64 max_pasids = max_pasids_of(dev);
  iommu_mm_data* iommu_mm = mm->iommu_mm;
  if (iommu_mm != nullptr && iommu_mm->pasid >= max_pasids) return ERR_PTR(-EOVERFLOW);
  if (iommu_mm != nullptr) return iommu_mm;
  iommu_mm = kzalloc<iommu_mm_data>();
  if (iommu_mm == nullptr) return ERR_PTR(-ENOMEM);
  u32 pasid = 0;
  const auto first = static_cast<u32>(limit_value(limit::first_pasid));
  const auto last = static_cast<u32>(max_pasids - 1);
  if (xa_alloc(&this_world().iopf->sva->pasids, &pasid, iommu_mm, {last, first}) != 0) {
    kfree(iommu_mm);
    return ERR_PTR(-ENOSPC);
  }
  iommu_mm->pasid = pasid;
  INIT_LIST_HEAD(&iommu_mm->sva_domains);
  smp_store_release(mm->iommu_mm, iommu_mm);
  return iommu_mm;
}

iopf_domain* iommu_sva_domain_alloc(user_mm_struct* mm) {
  KFUNC();
  iopf_domain* const domain = exits_notify() ? intel_svm_domain_alloc(mm) : kzalloc<iopf_domain>();
  if (domain == nullptr) return ERR_PTR(-ENOMEM);
  if (IS_ERR(domain)) return domain;
  domain->type = DOMAIN_SVA;
  mmgrab(mm);
  domain->mm = mm;
  domain->handler = HANDLER_SVA;
  return domain;
}

void iommu_domain_free(iopf_domain* domain) {
  KFUNC();
  user_mm_struct* const mm = domain->mm;
  mmdrop(mm);
  if (exits_notify()) return intel_svm_domain_free(domain);
  kfree(domain);
}

// One that the process has for another device, or a new one. Requires: iommu_sva_lock.
int attach_domain(iommu_sva* bond, pri_device* dev, user_mm_struct* mm, iommu_mm_data* iommu_mm) {
  const u32 pasid = iommu_mm->pasid;
  iopf_domain* domain = nullptr;
  list_for_each_entry(domain, &iommu_mm->sva_domains, next) {
    if (iommu_attach_pasid_handle(domain, dev, pasid, &bond->handle) != 0) continue;
    domain->users++;
    return 0;
  }
  domain = iommu_sva_domain_alloc(mm);
  if (IS_ERR(domain)) return static_cast<int>(PTR_ERR(domain));
  const int rc = iommu_attach_pasid_handle(domain, dev, pasid, &bond->handle);
  if (rc != 0) {
    iommu_domain_free(domain);
    return rc;
  }
  domain->users = 1;
  list_add(&domain->next, &iommu_mm->sva_domains);
  return 0;
}

// Requires: iommu_sva_lock.
int bind(pri_device* dev, user_mm_struct* mm, iommu_sva** bond) {
  iommu_mm_data* const iommu_mm = iommu_alloc_mm_data(mm, dev);
  if (IS_ERR(iommu_mm)) return static_cast<int>(PTR_ERR(iommu_mm));
  iommu_attach_handle* const handle = iommu_attach_handle_get(dev, iommu_mm->pasid, DOMAIN_SVA);
  if (!IS_ERR(handle)) {
    PROBE(bond_shared);
    iopf_domain* const domain = handle->domain;
    if (domain->mm != mm) return -EBUSY;
    *bond = container_of(handle, iommu_sva, handle);
    refcount_inc(&(*bond)->users);
    return 0;
  }
  if (PTR_ERR(handle) != -ENOENT) return static_cast<int>(PTR_ERR(handle));
  *bond = kzalloc<iommu_sva>();
  if (*bond == nullptr) return -ENOMEM;
  const int rc = attach_domain(*bond, dev, mm, iommu_mm);
  if (rc != 0) {
    kfree(*bond);
    return rc;
  }
  refcount_set(&(*bond)->users, 1);
  (*bond)->dev = dev;
  return 0;
}

}  // namespace

int iommu_sva_bind_device(pri_device* dev, user_mm_struct* mm, iommu_sva** bond) {
  KFUNC();
  struct mutex* const lock = &this_world().iopf->sva->lock;
  mutex_lock(lock);
  const int rc = bind(dev, mm, bond);
  mutex_unlock(lock);
  return rc;
}

void iommu_sva_unbind_device(iommu_sva* bond) {
  KFUNC();
  struct mutex* const lock = &this_world().iopf->sva->lock;
  iopf_domain* const domain = bond->handle.domain;
  user_mm_struct* const mm = domain->mm;
  iommu_mm_data* const iommu_mm = mm->iommu_mm;
  pri_device* const dev = bond->dev;
  mutex_lock(lock);
  if (!refcount_dec_and_test(&bond->users)) return mutex_unlock(lock);
  iommu_detach_pasid_handle(domain, dev, iommu_mm->pasid);
  domain->users--;
  if (domain->users == 0) {
    list_del(&domain->next);
    iommu_domain_free(domain);
  }
  mutex_unlock(lock);
  kfree(bond);
}

}  // namespace iopf
}  // namespace iorace::kern
