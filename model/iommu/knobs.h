// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in iommu.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/hw/knobs.h"

namespace iorace::kern {

namespace knob {
enum iommu_id : unsigned {
  iommu_before = hw_count - 1,
  release_device,
  vfio_group_lifetime,
  probe_device_lock,
  use_default_domain_check,
  use_default_domain_ready,
  claim_dma_owner_ready,
  deferred_attach_lock,
  bus_iommu_probe_group,
  bus_iommu_probe_setup,
  bus_iommu_probe_finalize,
  of_iommu_configure_lock,
  set_group_pasid_undo,
  reset_fence,
  alloc_smes_when,
  probe_device_join,
  unuse_default_domain_pasids,
  remove_device_pasids,
  arm_smmu_attach_old,
  arm_smmu_attach_ats,
  arm_smmu_attach_memory,
  store_type_look,
  iommu_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned {
  RELEASE_LOCKED,
  RELEASE_GROUP_PUT_FIRST,
  RELEASE_DRIVER_FIRST,
  RELEASE_LIST_DEL_FIRST,
  RELEASE_GROUP_REFERENCE,
  RELEASE_REENTRANT_DRIVER,
  RELEASE_DETACH_WARN,
  RELEASE_DETACH_SHARED,
  RELEASE_DOMAIN_USERS,
  RELEASE_USERS_EARLY,
  RELEASE_FREE_UNLINKS,
  RELEASE_WARN_IF_BOUND,
  RELEASE_VFIO_STRICT,
  RELEASE_BLOCKED_DOMAIN,
  RELEASE_BLOCKED_SHARED,
  RELEASE_VALUES
};
enum : unsigned { LIFETIME_STRICT, LIFETIME_UNTIL_DETACH };
enum : unsigned { PROBE_GLOBAL_LOCK, PROBE_UNLOCKED };
enum : unsigned { USE_CHECKS_OWNER, USE_UNCHECKED };
enum : unsigned { READY_CHECKED, READY_UNCHECKED };
enum : unsigned { CLAIM_UNCHECKED, CLAIM_CHECKED };
enum : unsigned { DEFERRED_UNLOCKED, DEFERRED_LOCKED };
enum : unsigned { GROUP_UNREFERENCED, GROUP_REFERENCED };
enum : unsigned { SETUP_AGAIN, SETUP_ONCE };
enum : unsigned { FINALIZE_UNLOCKED, FINALIZE_LOCKED };
enum : unsigned { CONFIGURE_LOCKED, CONFIGURE_UNLOCKED, CONFIGURE_POINTER_LAST };
enum : unsigned { UNDO_TO_FAILED, UNDO_ALL };
enum : unsigned { FENCE_NONE, FENCE_REJECTS_ALL, FENCE_NOFAIL_PASSES };
enum : unsigned { COUNTED_AT_PROBE, COUNTED_AT_ATTACH };
enum : unsigned { JOIN_ALL, JOIN_BLOCKABLE };
enum : unsigned { PASIDS_OF_ALL, PASIDS_OF_LAST };
enum : unsigned { PASIDS_LEFT, PASIDS_BLOCKED, PASIDS_TAKEN };
enum : unsigned { OLD_OF_GROUP, OLD_OF_DEVICE };
enum : unsigned { ATS_NOTED_LAST, ATS_NOTED_FIRST };
enum : unsigned { ENTRY_MAY_FAIL, ENTRY_NO_FAIL };
enum : unsigned { LOOK_BEFORE_LOCK, LOOK_UNDER_LOCK };

namespace limit {
enum iommu_id : unsigned { iommu_before = hw_count - 1, iommu_count };
}  // namespace limit

namespace probe {
enum iommu_id : unsigned {
  iommu_before = hw_count - 1,
  group_joined,
  group_released,
  domain_attached,
  domain_reverted,
  owner_claimed,
  owner_refused,
  device_released,
  alias_left_alone,
  entry_unchanged,
  pasid_undone,
  iommu_count
};
}  // namespace probe

}  // namespace iorace::kern
