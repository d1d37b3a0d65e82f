// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of ownership by device, and of VFIO's users of a device: the count is all that a second
// claim and all but the last release change.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

const body claimed = then(both_of_vfio, "device_claim_owner");
const body claimed_twice = then(claimed, "device_claim_owner", 2);

TEST(iommu_steps, claim_by_a_second_device) {
  expect_pairs({.pairs = 5,
                .unlocked = 2,
                .setup = claimed,
                .cpu1 = calling("device_claim_owner", 2),
                .steps = {{"group", "read device#2.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"owned?", "read group#1.owner_cnt", group_mutex},
                          {"by whom?", "read group#1.owner", group_mutex},
                          {"owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

TEST(iommu_steps, release_by_a_device_of_two) {
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = claimed_twice,
                .cpu1 = calling("device_release_owner"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"the last?", "read group#1.owner_cnt", group_mutex},
                          {"owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

// Nobody owns the group any more when its devices go back to the default domain one by one.
TEST(iommu_steps, release_by_the_last_device) {
  expect_pairs({.pairs = 8,
                .unlocked = 2,
                .setup = claimed,
                .cpu1 = calling("device_release_owner"),
                .steps = {{"group", "read device#1.iommu_group"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"the last?", "read group#1.owner_cnt", group_mutex},
                          {"owner_cnt", "write group#1.owner_cnt", group_mutex},
                          {"owner", "write group#1.owner", group_mutex},
                          {"first device", "list_add dom#2.devices", group_mutex},
                          {"second device", "list_add dom#2.devices", group_mutex},
                          {"set_domain", "write group#1.domain", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = stepped_machine()});
}

constexpr const char* group_lock = "vgroup#1.group_lock";
const body contained = then(both_of_vfio, "vfio_group_set_container");

TEST(iommu_steps, open_and_close_a_device) {
  expect_pairs({.pairs = 4,
                .unlocked = 1,
                .setup = contained,
                .cpu1 = calling("vfio_group_open_device"),
                .steps = {{"registered", "refcount_inc_not_zero device#1.registered"},
                          {"L+", "mutex_lock vgroup#1.group_lock"},
                          {"container?", "read vgroup#1.domain", group_lock},
                          {"users", "write vgroup#1.container_users", group_lock},
                          {"L-", "mutex_unlock vgroup#1.group_lock", group_lock}},
                .c = stepped_machine()});
  expect_pairs({.pairs = 3,
                .unlocked = 1,
                .setup = then(contained, "vfio_group_open_device"),
                .cpu1 = calling("vfio_group_close_device"),
                .steps = {{"L+", "mutex_lock vgroup#1.group_lock"},
                          {"users", "write vgroup#1.container_users", group_lock},
                          {"L-", "mutex_unlock vgroup#1.group_lock", group_lock},
                          {"registered", "refcount_dec_and_test device#1.registered"}},
                .c = stepped_machine()});
}

// A device that is open is unbound once its user has closed it.
TEST(iommu_steps, unbind_an_open_device) {
  expect_pairs({.pairs = 6,
                .unlocked = 6,
                .setup = then(contained, "vfio_group_open_device"),
                .cpu1 = calling("driver_unbind"),
                .steps = {{"lock", "mutex_lock device#1.lock"},
                          {"the last user?", "refcount_dec_and_test device#1.registered"},
                          {"it closes", "mutex_lock vgroup#1.group_lock"},
                          {"the last one", "refcount_dec_and_test device#1.registered"},
                          {"its group", "mutex_lock vgroup#1.group_lock"},
                          {"unbound", "write device#1.driver"},
                          {"unlock", "mutex_unlock device#1.lock"}},
                .c = stepped_machine()});
}

}  // namespace
}  // namespace iorace::kern::this_file
