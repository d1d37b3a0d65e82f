// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of devices that have a TLB of their own. All domains know of such a device whose
// translations it may have.
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* asid_lock = "iommu_dev#1.asid_lock";

void bound(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0, 0, DEVICE_ATS});
  make_call(w, "device_probe", {1});
  make_call(w, "vfio_device_bind", {1});
}

void mapped(world* w) {
  bound(w);
  make_call(w, "vfio_group_set_container", {1});
  make_call(w, "vfio_group_map_dma", {1});
}

TEST(arm_smmu_ats_steps, attach) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = bound,
                .cpu1 = calling("vfio_group_set_container"),
                .steps = {{"prepare", "kmalloc master_domain#1.1"},
                          {"its count", "atomic dom#1.2.nr_ats_masters", asid_lock},
                          {"its list", "list_add dom#1.2.masters", asid_lock},
                          {"entry", "write_once context#1.word", asid_lock},
                          {"known", "write master#1.ats_enabled", asid_lock},
                          {"flushed", "device_submit hw#1", asid_lock},
                          {"enabled", "write_once endpoint#1.ats", asid_lock},
                          {"L-", "mutex_unlock iommu_dev#1.asid_lock", asid_lock}},
                .c = stepped_machine()});
}

// ATS goes before the entry, and the old domain forgets the device once nothing is cached of it.
TEST(arm_smmu_ats_steps, attach_to_a_blocking_domain) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = mapped,
                .cpu1 = calling("vfio_group_unset_container"),
                .steps = {{"disabled", "write_once endpoint#1.ats"},
                          {"entry", "write_once context#1.word", asid_lock},
                          {"flushed", "device_submit hw#1", asid_lock},
                          {"its list", "list_del master_domain#2.devices_elm", asid_lock},
                          {"its count", "atomic dom#4.nr_ats_masters", asid_lock},
                          {"known", "write master#1.ats_enabled", asid_lock}},
                .c = stepped_machine()});
}

TEST(arm_smmu_ats_steps, unmap) {
  expect_pairs({.pairs = 6,
                .unlocked = 4,
                .setup = mapped,
                .cpu1 = calling("vfio_group_unmap_dma"),
                .steps = {{"IOTLB", "device_submit hw#1"},
                          {"masters", "read_once dom#4.nr_ats_masters"},
                          {"L+", "spin_lock dom#4.lock"},
                          {"known", "read master#1.ats_enabled", "dom#4.lock"},
                          {"L-", "spin_unlock dom#4.lock", "dom#4.lock"},
                          {"device TLB", "device_submit hw#1"},
                          {"table pages", "list_empty freelist#1.1.head"}},
                .c = stepped_machine()});
}

}  // namespace
}  // namespace iorace::kern::this_file
