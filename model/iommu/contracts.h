// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of the chapter's flows at which its invariants may be judged (contracts.cc says which).
#pragma once

namespace iorace::kern {

struct core_domain;
struct device;
struct io_root;
struct iommu_group;

namespace contract {

void group_made(iommu_group* group);
void group_gone(iommu_group* group);
// The group's mutex is about to be dropped.
void group_settled(const iommu_group* group);
void domain_freed(const core_domain* domain);
void root_freed(const io_root* root);
// The entry of the device is about to name this root.
void entry_written(const device* dev, const io_root* root);
void release_returned(const device* dev);
// The call of this name is about to return.
void iommu_call_returned(const char* name);

}  // namespace contract
}  // namespace iorace::kern
