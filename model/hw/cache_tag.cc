// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: drivers/iommu/intel/cache.c @ 6.12.117.
#include "model/hw/cache_tag.h"

#include "model/hw/invalidate.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Hardware invalidates in the order of the tags.
constexpr cache_tag_type tag_rows[][2] = {
    {CACHE_TAG_IOTLB, CACHE_TAG_DEVTLB},  // TAGS_IOTLB_FIRST
    {CACHE_TAG_DEVTLB, CACHE_TAG_IOTLB},  // TAGS_DEVTLB_FIRST
};

}  // namespace

static bool cache_tag_match(const cache_tag* tag, u64 did, device_domain_info* info, unsigned pasid,
                            u64 type) {
  if (tag->type != type) return false;
  if (tag->domain_id != did || tag->pasid != pasid) return false;
  return type == CACHE_TAG_IOTLB || tag->dev == info;
}

static int cache_tag_assign(paging_domain* domain, u64 did, device_domain_info* info,
                            unsigned pasid, u64 type) {
  KFUNC();
  auto* const tag = kzalloc<cache_tag>();
  if (tag == nullptr) return -ENOMEM;
  tag->type = type;
  tag->domain_id = did;
  tag->pasid = pasid;
  tag->users = 1;
  tag->dev = type == CACHE_TAG_DEVTLB ? info : nullptr;
  spin_lock(&domain->cache_lock);
  cache_tag* other = nullptr;
  list_for_each_entry(other, &domain->cache_tags, node) {
    if (cache_tag_match(other, did, info, pasid, type)) {
      other->users++;
      spin_unlock(&domain->cache_lock);
      kfree(tag);
      return 0;
    }
  }
  list_add_tail(&tag->node, &domain->cache_tags);
  spin_unlock(&domain->cache_lock);
  return 0;
}

static void cache_tag_unassign(paging_domain* domain, u64 did, device_domain_info* info,
                               unsigned pasid, u64 type) {
  KFUNC();
  spin_lock(&domain->cache_lock);
  cache_tag* tag = nullptr;
  list_for_each_entry(tag, &domain->cache_tags, node) {
    if (!cache_tag_match(tag, did, info, pasid, type)) continue;
    const u64 users = tag->users;
    tag->users = users - 1;
    if (users == 1) {
      list_del(&tag->node);
      kfree(tag);
    }
    break;
  }
  spin_unlock(&domain->cache_lock);
}

int cache_tag_assign_domain(paging_domain* domain, device_domain_info* info, unsigned pasid) {
  KFUNC();
  const u64 did = domain->did;
  const cache_tag_type* const order = tag_rows[chosen(knob::cache_tag_assign_order)];
  const bool ats = info->ats_enabled != 0;
  int rc = 0;
  for (unsigned i = 0; i < 2 && rc == 0; ++i) {
    if (order[i] == CACHE_TAG_DEVTLB && !ats) continue;
    rc = cache_tag_assign(domain, did, info, pasid, order[i]);
    if (rc != 0 && i == 1) cache_tag_unassign(domain, did, info, pasid, order[0]);
  }
  return rc;
}

void cache_tag_unassign_domain(paging_domain* domain, device_domain_info* info, unsigned pasid) {
  KFUNC();
  const u64 did = domain->did;
  cache_tag_unassign(domain, did, info, pasid, CACHE_TAG_IOTLB);
  if (info->ats_enabled != 0) cache_tag_unassign(domain, did, info, pasid, CACHE_TAG_DEVTLB);
}

static void flush(paging_domain* domain, u64 pfn, u64 pages, bool leaf_only) {
  hw_iommu* const iommu = domain->iommu.peek();
  spin_lock(&domain->cache_lock);
  inv_batch* const batch = make_batch(iommu);
  cache_tag* tag = nullptr;
  list_for_each_entry(tag, &domain->cache_tags, node) {
    if (tag->type == CACHE_TAG_IOTLB) {
      const auto did = static_cast<unsigned>(tag->domain_id.load(op_kind::read));
      add_to_batch(batch, {.type = inv_type::iotlb,
                           .did = did,
                           .pfn = pfn,
                           .pages = pages,
                           .leaf_only = leaf_only});
    } else {
      const device_domain_info* const info = tag->dev;
      hw_endpoint* const dev = info->dev;
      const auto pasid = static_cast<unsigned>(tag->pasid.load(op_kind::read));
      add_to_batch(
          batch,
          {.type = inv_type::devtlb, .pasid = pasid, .pfn = pfn, .pages = pages, .dev = dev});
    }
  }
  if (batch->count.peek() != 0)
    qi_submit_sync(iommu, batch);
  else
    PROBE(flush_without_tags);
  spin_unlock(&domain->cache_lock);
}

void cache_tag_flush_range(paging_domain* domain, u64 pfn, u64 pages, bool leaf_only) {
  KFUNC();
  flush(domain, pfn, pages, leaf_only);
}

void cache_tag_flush_all(paging_domain* domain) {
  KFUNC();
  flush(domain, 0, tlb_slots, false);
}

}  // namespace iorace::kern
