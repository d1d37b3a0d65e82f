// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The moment at which the chapter's invariant may be judged; see idev_contracts.cc.
#pragma once

namespace iorace::kern {

struct iommufd_group;

namespace contract {

// The lock of the group is about to be dropped.
void igroup_settled(const iommufd_group* igroup);

}  // namespace contract
}  // namespace iorace::kern
