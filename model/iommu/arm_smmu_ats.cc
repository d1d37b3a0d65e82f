// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c @ 6.12.117.
#include "model/iommu/arm_smmu_ats.h"

#include "model/hw/dma.h"
#include "model/hw/invalidate.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Blocking domains have no table of which anything could be cached.
bool is_paging(core_domain* domain) {
  return domain != nullptr && domain->type.load(op_kind::read) != IOMMU_DOMAIN_BLOCKED;
}

void arm_smmu_atc_inv_master(const device* dev) {
  KFUNC();
  hw_endpoint* const endpoint = dev->endpoint.peek();
  hw_iommu* const iommu = endpoint->iommu.peek();
  inv_batch* const batch = make_batch(iommu);
  add_to_batch(batch, {.type = inv_type::devtlb, .pages = tlb_slots, .dev = endpoint});
  invalidate_and_wait(iommu, batch);
}

// What is cached from before it was disabled last is no business of today's.
void arm_smmu_enable_ats(const device* dev) {
  KFUNC();
  arm_smmu_atc_inv_master(dev);
  pci_enable_ats(dev->endpoint.peek());
}

master_domain* master_domain_alloc() {
  return omit(knob::arm_smmu_attach_memory, ENTRY_MAY_FAIL) ? kzalloc<master_domain>()
                                                            : make<master_domain>();
}

// Requires: domain->lock.
master_domain* arm_smmu_find_master_domain(core_domain* domain, const iommu_master* master) {
  master_domain* found = nullptr;
  list_for_each_entry(found, &domain->masters, devices_elm) {
    const iommu_master* const of = found->master;
    if (of == master) return found;
  }
  return nullptr;
}

void arm_smmu_remove_master_domain(const attach_state& state, core_domain* domain) {
  KFUNC();
  if (!is_paging(domain)) return;
  spin_lock(&domain->lock);
  master_domain* const found = arm_smmu_find_master_domain(domain, state.master);
  if (found != nullptr) {
    list_del(&found->devices_elm);
    kfree(found);
    if (state.was_enabled) atomic_dec(&domain->nr_ats_masters);
  }
  spin_unlock(&domain->lock);
}

// Whoever looks through the domain's list knows of the TLB from here on.
void note_enabled(iommu_master* master, core_domain* domain) {
  KFUNC();
  spin_lock(&domain->lock);
  master->ats_enabled = 1;
  spin_unlock(&domain->lock);
}

}  // namespace

int arm_smmu_attach_prepare(attach_state& state, core_domain* domain) {
  KFUNC();
  if (omit(knob::arm_smmu_attach_old, OLD_OF_GROUP))
    state.old_domain = iommu_get_domain_for_dev(state.dev);
  state.was_enabled = state.master->ats_enabled != 0;
  state.ats_enabled = is_paging(domain);
  if (state.ats_enabled) {
    master_domain* const entry = master_domain_alloc();
    if (entry == nullptr) return -ENOMEM;
    entry->master = state.master;
    entry->dev = state.dev;
    spin_lock(&domain->lock);
    atomic_inc(&domain->nr_ats_masters);
    list_add(&entry->devices_elm, &domain->masters);
    spin_unlock(&domain->lock);
  } else if (state.was_enabled) {
    pci_disable_ats(state.dev->endpoint.peek());
  }
  return 0;
}

void arm_smmu_attach_commit(attach_state& state, core_domain* domain) {
  KFUNC();
  const bool enables = state.ats_enabled && !state.was_enabled;
  const bool noted = enables && !omit(knob::arm_smmu_attach_ats, ATS_NOTED_LAST);
  if (noted) note_enabled(state.master, domain);
  if (enables)
    arm_smmu_enable_ats(state.dev);
  else if (state.was_enabled)
    arm_smmu_atc_inv_master(state.dev);
  arm_smmu_remove_master_domain(state, state.old_domain);
  if (!noted) state.master->ats_enabled = state.ats_enabled ? 1 : 0;
}

void arm_smmu_atc_inv_domain(core_domain* domain, u64 pfn, u64 pages) {
  KFUNC();
  if (atomic_read(&domain->nr_ats_masters) == 0) return;
  iommu_device* const of = domain->iommu;
  hw_iommu* const iommu = of->hw.peek();
  inv_batch* const batch = make_batch(iommu);
  spin_lock(&domain->lock);
  master_domain* entry = nullptr;
  list_for_each_entry(entry, &domain->masters, devices_elm) {
    const iommu_master* const master = entry->master;
    if (master->ats_enabled.load(op_kind::read) == 0) continue;
    const device* const dev = entry->dev;
    hw_endpoint* const endpoint = dev->endpoint.peek();
    add_to_batch(batch, {.type = inv_type::devtlb, .pfn = pfn, .pages = pages, .dev = endpoint});
  }
  spin_unlock(&domain->lock);
  if (batch->count.peek() != 0) invalidate_and_wait(iommu, batch);
}

}  // namespace iorace::kern
