// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/iommu.c, drivers/iommu/amd/iommu.c @ 6.12.117.
#include "model/hw/paging.h"

#include "model/hw/cache_tag.h"
#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/dma.h"
#include "model/hw/dma_iommu.h"
#include "model/hw/domain_id.h"
#include "model/hw/invalidate.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum attach_step : u8 { map_context, enable_caps, assign_tags };
constexpr attach_step attach_rows[][3] = {
    {map_context, enable_caps, assign_tags},  // ATTACH_TAGS_LAST
    {enable_caps, assign_tags, map_context},  // ATTACH_TAGS_FIRST
};
enum block_step : u8 { unassign_tags, disable_caps, clear_context };
constexpr block_step block_rows[][3] = {
    {unassign_tags, disable_caps, clear_context},  // BLOCK_TAGS_FIRST
    {disable_caps, clear_context, unassign_tags},  // BLOCK_ATS_FIRST
    {clear_context, unassign_tags, disable_caps},  // BLOCK_ENTRY_FIRST
};

}  // namespace

static int set_up(paging_domain* domain) {
  const hw_iommu* const iommu = domain->iommu.peek();
  const bool amd = is_amd(iommu);
  int rc = pgtable_alloc(&domain->pgtable, pt_format_of(iommu));
  if (rc != 0) return rc;
  if (amd) rc = domain_attach_iommu(domain);
  if (rc == 0 && domain->type.peek() != DOMAIN_UNMANAGED) {
    rc = iommu_get_dma_cookie(domain);
    if (rc != 0 && amd) domain_detach_iommu(domain);
  }
  if (rc != 0) pgtable_free(&domain->pgtable);
  return rc;
}

paging_domain* paging_domain_alloc(hw_iommu* iommu, u64 type) {
  KFUNC();
  auto* const domain = kzalloc<paging_domain>();
  if (domain == nullptr) return nullptr;
  spin_lock_init(&domain->lock);
  spin_lock_init(&domain->cache_lock);
  INIT_LIST_HEAD(&domain->devices);
  INIT_LIST_HEAD(&domain->cache_tags);
  domain->iommu = iommu;
  domain->type = type;
  if (set_up(domain) == 0) return domain;
  kfree(domain);
  return nullptr;
}

void paging_domain_free(paging_domain* domain) {
  KFUNC();
  iommu_put_dma_cookie(domain);
  WARN_ON(!list_empty(&domain->devices));
  if (is_amd(domain)) domain_detach_iommu(domain);
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

// An entry that is present already is an alias's: it stays as it is.
static void domain_context_mapping_one(paging_domain* domain, hw_endpoint* dev) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  spin_lock(&iommu->lock);
  context_entry* const entry = entry_of(dev, IOMMU_NO_PASID);
  if (!context_present(entry)) {
    context_clear_entry(entry);
    const u64 did = domain->did;
    context_set(entry, static_cast<unsigned>(did), READ_ONCE(domain->pgtable.root));
  }
  spin_unlock(&iommu->lock);
}

static void iommu_enable_pci_caps(device_domain_info* info) {
  KFUNC();
  hw_endpoint* const dev = info->dev;
  if (dev->ats_supported.peek() == 0) return;
  pci_enable_ats(dev);
  info->ats_enabled = 1;
}

static void iommu_disable_pci_caps(device_domain_info* info) {
  KFUNC();
  if (info->ats_enabled == 0) return;
  pci_disable_ats(info->dev);
  info->ats_enabled = 0;
}

int attach_device(paging_domain* domain, hw_endpoint* dev) {
  KFUNC();
  device_block_translation(dev);
  CONTRACT(device_attaching, dev);
  device_domain_info* const info = dev->info;
  int rc = domain_attach_iommu(domain);
  if (rc != 0) return rc;
  info->domain = domain;
  if (is_amd(domain)) iommu_enable_pci_caps(info);  // before a flush finds it on the list
  spin_lock(&domain->lock);
  list_add(&info->link, &domain->devices);
  spin_unlock(&domain->lock);
  for (const attach_step step : attach_rows[chosen(knob::attach_order)]) {
    if (step == map_context) domain_context_mapping_one(domain, dev);
    if (step == enable_caps && !is_amd(domain)) iommu_enable_pci_caps(info);
    if (step == assign_tags && !is_amd(domain))
      rc = cache_tag_assign_domain(domain, info, IOMMU_NO_PASID);
    if (rc != 0) break;
  }
  if (rc != 0) device_block_translation(dev, omit(knob::attach_unwind, UNWIND_DROPS_TAGS));
  CONTRACT(device_attached, dev, domain, rc);
  return rc;
}

void device_block_translation(hw_endpoint* dev, bool tagged) {
  KFUNC();
  device_domain_info* const info = dev->info;
  paging_domain* const domain = info->domain;
  if (domain == nullptr) return;
  for (const block_step step : block_rows[chosen(knob::block_translation_order)]) {
    if (step == unassign_tags && tagged && !is_amd(domain))
      cache_tag_unassign_domain(domain, info, IOMMU_NO_PASID);
    if (step == disable_caps && !is_amd(domain)) iommu_disable_pci_caps(info);
    if (step == clear_context) context_tear_down(info, IOMMU_NO_PASID);
  }
  spin_lock(&domain->lock);
  list_del(&info->link);
  spin_unlock(&domain->lock);
  if (is_amd(domain)) iommu_disable_pci_caps(info);
  domain_detach_iommu(domain);
  info->domain = nullptr;
  CONTRACT(device_blocked, dev);
}

void amd_iommu_update_and_flush_device_table(paging_domain* domain) {
  KFUNC();
  device_domain_info* info = nullptr;
  list_for_each_entry(info, &domain->devices, link) {
    hw_endpoint* const dev = info->dev;
    context_entry* const entry = entry_of(dev, IOMMU_NO_PASID);
    io_table* const root = READ_ONCE(domain->pgtable.root);
    CONTRACT(entry_made, entry, entry_did(entry->word.peek()), root);
    WRITE_ONCE(entry->root, root);
    const auto rid = static_cast<unsigned>(dev->rid.peek());
    iommu_queue_command(domain->iommu.peek(), {.type = inv_type::entry, .rid = rid});
  }
  if (!list_empty(&domain->devices)) iommu_completion_wait(domain->iommu.peek());
}

}  // namespace iorace::kern
