// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/{svm,pasid,iommu}.c @ 6.12.117. Simplified: an entry is whether it is
// present; what hardware has cached of it is of the hardware's chapter, and its three invalidations
// are one command.
#include "model/iopf/svm.h"

#include "model/hw/invalidate.h"
#include "model/iopf/contracts.h"
#include "model/iopf/pri_state.h"
#include "model/world.h"

namespace iorace::kern::iopf {

// One device that uses the domain, for one PASID.
struct svm_dev_pasid {
  list_head link_domain;
  shared<pri_device*> dev;
  shared<u32> pasid;
};
IORACE_DESCRIBE(svm_dev_pasid, "dev_pasid", link_domain, dev, pasid);

namespace {

// Not present, and faults are not reported: its process has ended.
enum pasid_entry : u64 { ENTRY_EMPTY, ENTRY_IS_PRESENT, ENTRY_FAULT_DISABLED };

// Null once the device has been released: who asks uses it all the same.
pri_device* dev_iommu_priv_get(pri_device* dev) {
  dev_iommu_fault* const param = dev->dev_iommu;
  BUG_ON(param == nullptr);
  return param->priv;
}

void entry_is_invalidated(const inv_desc&) {}

void invalidate(pri_device* dev, unsigned pasid) {
  submit_alone(dev, {.type = inv_type::page_request,
                     .pasid = pasid,
                     .execute = entry_is_invalidated,
                     .requester = dev});
}

// The process has ended, and its page tables are about to go.
void intel_mm_release(mmu_notifier* notifier) {
  KFUNC();
  iopf_domain* const domain = container_of(notifier, iopf_domain, notifier);
  spin_lock(&domain->lock);
  svm_dev_pasid* dev_pasid = nullptr;
  list_for_each_entry(dev_pasid, &domain->dev_pasids, link_domain) {
    pri_device* const info = dev_iommu_priv_get(dev_pasid->dev);
    tear_down_entry(info, dev_pasid->pasid, true);
    PROBE(exit_tore_down);
  }
  spin_unlock(&domain->lock);
}

void intel_mm_free_notifier(mmu_notifier* notifier) {
  KFUNC();
  kfree(container_of(notifier, iopf_domain, notifier));
}

constexpr mmu_notifier_ops intel_mmuops = {.release = intel_mm_release,
                                           .free_notifier = intel_mm_free_notifier};

}  // namespace

iopf_domain* intel_svm_domain_alloc(user_mm_struct* mm) {
  KFUNC();
  auto* const domain = kzalloc<iopf_domain>();
  if (domain == nullptr) return ERR_PTR(-ENOMEM);
  INIT_LIST_HEAD(&domain->dev_pasids);
  spin_lock_init(&domain->lock);
  domain->notifier.ops = &intel_mmuops;
  const int rc = mmu_notifier_register(&domain->notifier, mm);
  if (rc == 0) return domain;
  kfree(domain);
  return ERR_PTR(rc);
}

void intel_svm_domain_free(iopf_domain* domain) {
  KFUNC();
  mmu_notifier_put(&domain->notifier);
}

static int intel_pasid_setup_entry(pri_device* dev, unsigned pasid) {
  KFUNC();
  hw_iommu* const hw = dev->iommu.peek()->hw.peek();
  const pri_place entry = pasid_entry_of(dev, pasid);
  spin_lock(&hw->lock);
  const int rc = read_once(entry) == ENTRY_IS_PRESENT ? -EBUSY : 0;
  if (rc == 0) write_once(entry, ENTRY_IS_PRESENT);
  spin_unlock(&hw->lock);
  return rc;
}

int intel_svm_set_dev_pasid(iopf_domain* domain, pri_device* dev, unsigned pasid) {
  KFUNC();
  auto* const dev_pasid = kzalloc<svm_dev_pasid>();
  if (dev_pasid == nullptr) return -ENOMEM;
  dev_pasid->dev = dev;
  dev_pasid->pasid = pasid;
  const int rc = intel_pasid_setup_entry(dev, pasid);
  if (rc != 0) {
    kfree(dev_pasid);
    return rc;
  }
  spin_lock(&domain->lock);
  list_add(&dev_pasid->link_domain, &domain->dev_pasids);
  spin_unlock(&domain->lock);
  return 0;
}

void forget_dev_pasid(iopf_domain* domain, pri_device* dev, unsigned pasid) {
  KFUNC();
  svm_dev_pasid* found = nullptr;
  spin_lock(&domain->lock);
  svm_dev_pasid* curr = nullptr;
  list_for_each_entry(curr, &domain->dev_pasids, link_domain) {
    if (curr->dev != dev || curr->pasid != pasid) continue;
    list_del(&curr->link_domain);
    found = curr;
    break;
  }
  spin_unlock(&domain->lock);
  if (!WARN_ON(found == nullptr)) kfree(found);
}

bool tear_down_entry(pri_device* dev, unsigned pasid, bool fault_ignore) {
  KFUNC();
  hw_iommu* const hw = dev->iommu.peek()->hw.peek();
  const pri_place entry = pasid_entry_of(dev, pasid);
  spin_lock(&hw->lock);
  const u64 was = read_once(entry);
  if (was != ENTRY_EMPTY) write_once(entry, ENTRY_EMPTY);
  spin_unlock(&hw->lock);
  if (was != ENTRY_IS_PRESENT) return was == ENTRY_FAULT_DISABLED;
  invalidate(dev, pasid);
  if (fault_ignore) write_once(entry, ENTRY_FAULT_DISABLED);
  return !fault_ignore;
}

}  // namespace iorace::kern::iopf
