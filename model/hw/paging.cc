// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c @ 6.12.117.
#include "model/hw/paging.h"

#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {

paging_domain* paging_domain_alloc(hw_iommu* iommu, u64 type) {
  KFUNC();
  auto* const domain = kzalloc<paging_domain>();
  if (domain == nullptr) return nullptr;
  spin_lock_init(&domain->lock);
  INIT_LIST_HEAD(&domain->devices);
  domain->iommu = iommu;
  domain->type = type;
  if (pgtable_alloc(&domain->pgtable, iommu->kind.peek() == IOMMU_AMD) != 0) {
    kfree(domain);
    return nullptr;
  }
  return domain;
}

void paging_domain_free(paging_domain* domain) {
  KFUNC();
  WARN_ON(!list_empty(&domain->devices));
  pgtable_free(&domain->pgtable);
  kfree(domain);
}

int device_probe(hw_endpoint* dev) {
  KFUNC();
  auto* const info = kzalloc<device_domain_info>();
  if (info == nullptr) return -ENOMEM;
  info->dev = dev;
  dev->info = info;
  return 0;
}

void device_release(hw_endpoint* dev) {
  KFUNC();
  device_domain_info* const info = dev->info;
  dev->info = nullptr;
  kfree(info);
}

// Takes a domain id, or one more user of it. Returns 0 or -ENOSPC.
static int domain_attach_iommu(paging_domain* domain, hw_iommu* iommu) {
  KFUNC();
  int rc = 0;
  spin_lock(&iommu->lock);
  const u64 users = domain->did_users;
  if (users != 0) {
    domain->did_users = users + 1;
  } else {
    const u64 taken = iommu->domain_ids;
    u64 did = 1;
    while (did < dids_max && (taken >> did & 1) != 0) ++did;
    if (did == dids_max) {
      rc = -ENOSPC;
    } else {
      iommu->domain_ids = taken | u64{1} << did;
      domain->did = did;
      domain->did_users = 1;
    }
  }
  spin_unlock(&iommu->lock);
  return rc;
}

static void domain_detach_iommu(paging_domain* domain, hw_iommu* iommu) {
  KFUNC();
  spin_lock(&iommu->lock);
  const u64 users = domain->did_users;
  domain->did_users = users - 1;
  if (users == 1) {
    const u64 did = domain->did;
    const u64 taken = iommu->domain_ids;
    iommu->domain_ids = taken & ~(u64{1} << did);
    domain->did = 0;
  }
  spin_unlock(&iommu->lock);
}

// An entry that is present already is an alias's: it stays as it is.
static void domain_context_mapping_one(paging_domain* domain, hw_endpoint* dev) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu;
  spin_lock(&iommu->lock);
  context_entry* const entry = entry_of(dev, IOMMU_NO_PASID);
  if (!context_present(entry)) {
    context_clear_entry(entry);
    const u64 did = domain->did;
    context_set(entry, static_cast<unsigned>(did), READ_ONCE(domain->pgtable.root));
  }
  spin_unlock(&iommu->lock);
}

static void domain_context_clear_one(hw_endpoint* dev) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu;
  spin_lock(&iommu->lock);
  context_entry* const entry = entry_of(dev, IOMMU_NO_PASID);
  context_clear_present(entry);
  spin_unlock(&iommu->lock);
  context_clear_entry(entry);
}

int attach_device(paging_domain* domain, hw_endpoint* dev) {
  KFUNC();
  device_block_translation(dev);
  CONTRACT(device_attaching, dev);
  hw_iommu* const iommu = dev->iommu;
  device_domain_info* const info = dev->info;
  const int rc = domain_attach_iommu(domain, iommu);
  if (rc != 0) return rc;
  info->domain = domain;
  spin_lock(&domain->lock);
  list_add(&info->link, &domain->devices);
  spin_unlock(&domain->lock);
  domain_context_mapping_one(domain, dev);
  return 0;
}

void device_block_translation(hw_endpoint* dev) {
  KFUNC();
  device_domain_info* const info = dev->info;
  paging_domain* const domain = info->domain;
  if (domain == nullptr) return;
  hw_iommu* const iommu = dev->iommu;
  domain_context_clear_one(dev);
  spin_lock(&domain->lock);
  list_del(&info->link);
  spin_unlock(&domain->lock);
  domain_detach_iommu(domain, iommu);
  info->domain = nullptr;
  CONTRACT(device_blocked, dev);
}

void amd_iommu_update_and_flush_device_table(paging_domain* domain) {
  KFUNC();
  device_domain_info* info = nullptr;
  list_for_each_entry(info, &domain->devices, link) {
    context_entry* const entry = entry_of(info->dev, IOMMU_NO_PASID);
    WRITE_ONCE(entry->root, READ_ONCE(domain->pgtable.root));
  }
}

}  // namespace iorace::kern
