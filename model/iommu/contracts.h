// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of the chapter's flows at which its invariants may be judged (contracts.cc says which).
#pragma once

namespace iorace::kern {

struct core_domain;
struct device;
struct io_table;
struct iommu_group;

namespace contract {

void group_made(iommu_group* group);
void group_gone(iommu_group* group);
// The group's mutex is about to be dropped.
void group_settled(const iommu_group* group);
// The first of its devices is about to be looked at.
void first_device(const iommu_group* group);
void domain_freed(const core_domain* domain);
// The entry of the device is about to name another root, or none.
void entry_changes(const device* dev, unsigned pasid, const io_table* root);
void release_returned(const device* dev);

}  // namespace contract
}  // namespace iorace::kern
