// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// PASID entries: what a device reaches with a PASID. An entry that is in use is torn down before it
// is set up for another domain. Simplified: a device has one PASID besides none, and the core's
// detach and attach are one call.
// Kernel: drivers/iommu/intel/{iommu,pasid}.c @ 6.12.117.
#include "model/hw/cache_tag.h"
#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/domain_id.h"
#include "model/hw/paging.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

enum remove_step : u8 { drop_tags, clear_entry };
constexpr remove_step remove_rows[][2] = {
    {drop_tags, clear_entry},  // BLOCK_TAGS_FIRST
    {drop_tags, clear_entry},  // BLOCK_ATS_FIRST
    {clear_entry, drop_tags},  // BLOCK_ENTRY_FIRST
};

}  // namespace

static void intel_pasid_setup_first_level(paging_domain* domain, hw_endpoint* dev, unsigned pasid) {
  KFUNC();
  hw_iommu* const iommu = dev->iommu.peek();
  spin_lock(&iommu->lock);
  context_entry* const entry = entry_of(dev, pasid);
  const u64 did = domain->did;
  context_set(entry, static_cast<unsigned>(did), READ_ONCE(domain->pgtable.root));
  spin_unlock(&iommu->lock);
}

void remove_dev_pasid(hw_endpoint* dev, unsigned pasid) {
  KFUNC();
  device_domain_info* const info = dev->info;
  paging_domain* const domain = info->pasid_domain;
  if (domain == nullptr) return;
  for (const remove_step step : remove_rows[chosen(knob::block_translation_order)]) {
    if (step == clear_entry) context_tear_down(info, pasid);
    if (step == drop_tags) {
      cache_tag_unassign_domain(domain, info, pasid);
      domain_detach_iommu(domain);
    }
  }
  info->pasid_domain = nullptr;
}

// What was there is overwritten while hardware may be reading it.
static void replace_in_place(paging_domain* domain, hw_endpoint* dev, unsigned pasid) {
  KFUNC();
  device_domain_info* const info = dev->info;
  paging_domain* const old = info->pasid_domain;
  const u64 did = old->did;
  intel_pasid_setup_first_level(domain, dev, pasid);
  invalidate_entry(info, pasid, static_cast<unsigned>(did));
  cache_tag_unassign_domain(old, info, pasid);
  domain_detach_iommu(old);
}

int set_dev_pasid(paging_domain* domain, hw_endpoint* dev, unsigned pasid) {
  KFUNC();
  device_domain_info* const info = dev->info;
  const bool tear_down = !omit(knob::pasid_entry_replace, PASID_IN_PLACE);
  if (tear_down) remove_dev_pasid(dev, pasid);
  int rc = domain_attach_iommu(domain);
  if (rc != 0) return rc;
  rc = cache_tag_assign_domain(domain, info, pasid);
  if (rc != 0) {
    domain_detach_iommu(domain);
    return rc;
  }
  if (info->pasid_domain.load(op_kind::read) != nullptr)
    replace_in_place(domain, dev, pasid);
  else
    intel_pasid_setup_first_level(domain, dev, pasid);
  info->pasid_domain = domain;
  return 0;
}

}  // namespace iorace::kern
