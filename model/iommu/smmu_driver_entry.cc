// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver's half that hardware sees: entries, page tables, invalidations.
// Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, drivers/iommu/arm/arm-smmu/arm-smmu.c,
// drivers/iommu/iommu.c @ 6.12.117.
#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/invalidate.h"
#include "model/iommu/arm_smmu_ats.h"
#include "model/iommu/contracts.h"
#include "model/iommu/release_eras.h"
#include "model/iommu/smmu_driver.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// What hardware has cached of the entry, and under the domain's id.
void invalidate_entry_of(const hw_endpoint* dev, unsigned pasid, unsigned did) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  inv_batch* const batch = make_batch(iommu);
  const auto rid = static_cast<unsigned>(dev->rid.peek());
  add_to_batch(batch, {.type = inv_type::entry, .rid = rid, .pasid = pasid});
  add_to_batch(batch, {.type = inv_type::iotlb, .did = did, .pages = tlb_slots});
  invalidate_and_wait(iommu, batch);
}

int take_domain_id(core_domain* domain) {
  KFUNC();
  iommu_device* const of = domain->iommu;
  hw_iommu* const iommu = of->hw.peek();
  spin_lock(&iommu->lock);
  const u64 taken = iommu->domain_ids;
  u64 did = 1;
  while (did < dids_max && (taken >> did & 1) != 0) ++did;
  if (did < dids_max) iommu->domain_ids = taken | u64{1} << did;
  spin_unlock(&iommu->lock);
  if (did == dids_max) return -ENOSPC;
  domain->did = did;
  return 0;
}

void give_domain_id(core_domain* domain) {
  KFUNC();
  iommu_device* const of = domain->iommu;
  hw_iommu* const iommu = of->hw.peek();
  const u64 did = domain->did;
  if (did == 0) return;
  spin_lock(&iommu->lock);
  const u64 taken = iommu->domain_ids;
  iommu->domain_ids = taken & ~(u64{1} << did);
  spin_unlock(&iommu->lock);
}

void domain_users_release(kref* users) {
  KFUNC();
  core_domain* const domain = container_of(users, core_domain, users);
  pgtable_free(&domain->pgtable);
  give_domain_id(domain);
  kfree(domain);
}

int set_up(core_domain* domain) {
  const int rc = pgtable_alloc(&domain->pgtable, PT_VTD);
  return rc != 0 ? rc : take_domain_id(domain);
}

}  // namespace

void core_domain_init(core_domain* domain) {
  spin_lock_init(&domain->lock);
  INIT_LIST_HEAD(&domain->devices);
  INIT_LIST_HEAD(&domain->dev_pasids);
  INIT_LIST_HEAD(&domain->masters);
  kref_init(&domain->users);
}

void domain_put(core_domain* domain) { kref_put(&domain->users, domain_users_release); }

core_domain* iommu_paging_domain_alloc(device* dev, u64 type) {
  KFUNC();
  auto* const domain = kzalloc<core_domain>();
  if (domain == nullptr) return ERR_PTR(-ENOMEM);
  domain->iommu = dev->iommu_dev.peek();
  domain->type = type;
  core_domain_init(domain);
  const int rc = type == IOMMU_DOMAIN_BLOCKED ? 0 : set_up(domain);
  if (rc == 0) return domain;
  pgtable_free(&domain->pgtable);
  kfree(domain);
  return ERR_PTR(rc);
}

// The lock of the IOMMU serialises this and a device that leaves.
static void unlink_masters(core_domain* domain) {
  KFUNC();
  iommu_device* const iommu = domain->iommu;
  iommu_master *master = nullptr, *next = nullptr;
  mutex_lock(&iommu->streams);
  spin_lock(&domain->lock);
  list_for_each_entry_safe(master, next, &domain->devices, link) {
    list_del_init(&master->link);
    master->domain = nullptr;
  }
  spin_unlock(&domain->lock);
  mutex_unlock(&iommu->streams);
}

// Nothing counts who is attached, and nothing checks.
void iommu_domain_free(core_domain* domain) {
  KFUNC();
  CONTRACT(domain_freed, domain);
  if (removal_has(free_unlinks)) unlink_masters(domain);
  domain_put(domain);
}

void write_entry(device* dev, unsigned pasid, core_domain* domain) {
  KFUNC();
  hw_endpoint* const endpoint = dev->endpoint.peek();
  hw_iommu* const iommu = endpoint->iommu.peek();
  context_entry* const entry = entry_of(endpoint, pasid);
  io_table* const root = domain == nullptr ? nullptr : domain->pgtable.root.load(op_kind::read);
  spin_lock(&iommu->lock);
  const u64 word = READ_ONCE(entry->word);
  const bool present = (word & ENTRY_PRESENT) != 0;
  const io_table* const now = present ? READ_ONCE(entry->root) : nullptr;
  if (now == root) {
    PROBE(entry_unchanged);
    return spin_unlock(&iommu->lock);
  }
  CONTRACT(entry_changes, dev, pasid, root);
  if (present) context_clear_present(entry);
  spin_unlock(&iommu->lock);
  if (present) {
    invalidate_entry_of(endpoint, pasid, entry_did(word));
    context_clear_entry(entry);
  }
  if (root == nullptr) return;
  const u64 did = domain->did;
  spin_lock(&iommu->lock);
  context_set(entry, static_cast<unsigned>(did), root);
  spin_unlock(&iommu->lock);
}

int domain_map_page(core_domain* domain, u64 iova, dma_page** made) {
  KFUNC();
  auto* const page = kzalloc<dma_page>();
  if (page == nullptr) return -ENOMEM;
  const int rc = pgtable_map(&domain->pgtable, iova / PAGE_SIZE, 1, page);
  if (rc == 0)
    *made = page;
  else
    kfree(page);
  return rc;
}

u64 domain_unmap_pages(core_domain* domain, u64 pfn, u64 pages) {
  KFUNC();
  list_head* const freelist = make_freelist();
  const u64 unmapped = pgtable_unmap(&domain->pgtable, pfn, pages, freelist);
  iommu_device* const of = domain->iommu;
  hw_iommu* const iommu = of->hw.peek();
  const auto did = static_cast<unsigned>(domain->did.load(op_kind::read));
  inv_batch* const batch = make_batch(iommu);
  add_to_batch(batch, {.type = inv_type::iotlb,
                       .did = did,
                       .pfn = pfn,
                       .pages = pages,
                       .leaf_only = list_empty(freelist)});
  invalidate_and_wait(iommu, batch);
  if (of->has_ats.peek() != 0) arm_smmu_atc_inv_domain(domain, pfn, pages);
  iommu_put_pages_list(freelist);
  CONTRACT(range_unmapped, iommu, did, pfn, pages);
  return unmapped;
}

void domain_unmap_page(core_domain* domain, u64 iova, dma_page* page) {
  KFUNC();
  const u64 unmapped = domain_unmap_pages(domain, iova / PAGE_SIZE, 1);
  WARN_ON(unmapped != 1);
  kfree(page);
  CONTRACT(unmapped, page, 1);
  CONTRACT(pages_freed, page, 1);
}

}  // namespace iorace::kern
