// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Cache tags: of each domain, the caches that may hold entries of it.
// Kernel: drivers/iommu/intel/cache.c @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern {

enum cache_tag_type : u64 { CACHE_TAG_IOTLB, CACHE_TAG_DEVTLB };

struct cache_tag {
  list_head node;
  shared<u64> type;
  shared<u64> domain_id;
  shared<u64> pasid;
  shared<device_domain_info*> dev;  // type DEVTLB
  shared<u64> users;
};
IORACE_DESCRIBE(cache_tag, "tag", node, type, domain_id, pasid, dev, users);

// Returns 0 or -ENOMEM.
int cache_tag_assign_domain(paging_domain* domain, device_domain_info* info, unsigned pasid);
// What the device has no ATS for is not looked for.
void cache_tag_unassign_domain(paging_domain* domain, device_domain_info* info, unsigned pasid);
// Invalidate pages, or everything, in all caches of the domain. Blocks: until that is done.
void cache_tag_flush_range(paging_domain* domain, u64 pfn, u64 pages, bool leaf_only);
void cache_tag_flush_all(paging_domain* domain);

}  // namespace iorace::kern
