// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One test per knob: what the faulty value shows, and that the other value does not. What a version
// does for others than its own scenario's, too.
#include <gmock/gmock.h>

#include "model/iommu/iommu_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

config under(std::initializer_list<std::pair<const char*, const char*>> settings) {
  return with(of_iommu(repaired_config()), settings);
}

constexpr std::uint64_t own_rid = 1, shared_rid = 0;

body both(const body& first, const body& second) {
  return [=](world* w) {
    first(w);
    second(w);
  };
}

// Two devices of a slot, and of one group once they are probed.
body added(std::uint64_t rid, std::uint64_t flags = 0) {
  return [rid, flags](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1, 0, 0, flags});
    make_call(w, "device_add", {1, rid, 0, flags});
  };
}
body devices(std::uint64_t rid, std::uint64_t flags = 0) {
  return both(added(rid, flags), both(calling("device_probe", 1), calling("device_probe", 2)));
}
void unprobed(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1});
}
// VFIO has both, and a domain.
body of_vfio(std::uint64_t rid) {
  return [rid](world* w) {
    devices(rid)(w);
    make_call(w, "vfio_device_bind", {1});
    make_call(w, "vfio_device_bind", {2});
    make_call(w, "vfio_group_set_container", {2});
    make_call(w, "vfio_group_map_dma", {2});
  };
}
body one_of_vfio(const char* container) {
  return [container](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1});
    make_call(w, "device_probe", {1});
    make_call(w, "vfio_device_bind", {1});
    make_call(w, container, {1});
  };
}

std::vector<std::string> found(const config& c, const body& setup, const std::vector<body>& cpus,
                               std::uint32_t faults = 0) {
  return titles(program_of(c, setup, cpus), "portfolio", 6'000, 1, faults);
}
// By the faulty value, and not at all by the other.
void expect_variant(const char* knob, const char* faulty, const char* sound, const body& setup,
                    const std::vector<body>& cpus, const char* title, std::uint32_t faults = 0) {
  const config c = under({{knob, faulty}});
  EXPECT_TRUE(convicts(program_of(c, setup, cpus), "portfolio", 6'000, title, faults)) << title;
  EXPECT_THAT(found(under({{knob, sound}}), setup, cpus, faults), IsEmpty()) << knob;
}

const std::vector<body> seed = {calling("device_remove", 1),
                                calling("vfio_group_unset_container", 2)};

TEST(knob_iommu, release_device_where_the_driver_remembers) {
  for (const char* v : {"list_del_first", "group_reference"})
    expect_variant("release_device", v, "locked", of_vfio(shared_rid), seed,
                   "use-after-free: leave_domain v domain_users_release");
  expect_variant("release_device", "driver_first", "locked", of_vfio(shared_rid), seed,
                 "use-after-free: driver_attach_dev v driver_release_device");
}

// The walker is a reference that nobody counts.
TEST(knob_iommu, release_device_where_the_hardware_remembers) {
  for (const char* v : {"list_del_first", "group_reference", "users_early", "free_unlinks"})
    expect_variant("release_device", v, "domain_users", of_vfio(own_rid), seed,
                   "root-freed-in-use in pgtable_free");
}

TEST(knob_iommu, release_device_of_the_last_device) {
  expect_variant("release_device", "group_put_first", "locked", one_of_vfio("device_dma"),
                 {calling("device_remove")}, "core-domain-freed-early in iommu_domain_free");
}

// The driver that calls back deadlocks iff the mutex is held.
TEST(knob_iommu, release_device_with_a_reentrant_driver) {
  const body reentrant = devices(own_rid, DEVICE_REENTRANT);
  const std::vector<body> remove = {both(calling("device_remove", 2), calling("device_remove", 1))};
  EXPECT_THAT(found(under({{"release_device", "reentrant_driver"}}), reentrant, remove),
              Contains("recursive-lock in iommu_detach_device"));
  for (const char* v : {"locked", "release_domain"})
    EXPECT_THAT(found(under({{"release_device", v}}), reentrant, remove), IsEmpty()) << v;
}

// Two devices of VFIO: the group is still its owner's when one of them goes.
TEST(knob_iommu, release_device_warns_where_nothing_is_wrong) {
  expect_variant("release_device", "detach_warn", "warn_if_bound", of_vfio(own_rid),
                 {calling("device_remove", 1)}, "kernel-warn in detach_before_removal");
}

TEST(knob_iommu, release_device_cuts_off_an_alias) {
  for (const char* v : {"detach_shared", "release_domain_shared"})
    expect_variant("release_device", v, "release_domain", of_vfio(shared_rid),
                   {calling("device_remove", 1)}, "alias-cut-off in write_entry");
  // With requester ids of their own there is nobody to cut off.
  EXPECT_THAT(found(under({{"release_device", "release_domain_shared"}}), of_vfio(own_rid), seed),
              IsEmpty());
}

// Something that is not the core takes a device from its group while a driver is bound to it.
TEST(knob_iommu, release_device_detects_a_bound_device) {
  const body bound = both(devices(own_rid), calling("driver_bind", 1));
  const std::vector<body> misuse = {[](world*) {
    KFUNC();
    iommu_group_remove_device(this_world().iommu->devices[0]);
  }};
  EXPECT_THAT(found(under({{"release_device", "warn_if_bound"}}), bound, misuse),
              Contains("kernel-warn in warn_if_bound_device"));
  EXPECT_THAT(found(under({{"release_device", "locked"}}), bound, misuse),
              Not(Contains("kernel-warn in warn_if_bound_device")));
}

// Sound for one device, not for two.
TEST(knob_iommu, release_device_with_a_strict_vfio) {
  const config c = under({{"release_device", "vfio_strict"}});
  EXPECT_THAT(found(c, one_of_vfio("vfio_group_set_container"),
                    {calling("device_remove"), calling("vfio_group_unset_container")}),
              IsEmpty());
  EXPECT_THAT(found(c, of_vfio(shared_rid), seed), Not(IsEmpty()));
}

TEST(knob_iommu, vfio_group_lifetime) {
  expect_variant("vfio_group.lifetime", "until_detach", "strict",
                 one_of_vfio("vfio_group_set_container"), {calling("device_remove")},
                 "kernel-warn in __iommu_group_free_device");
}

TEST(knob_iommu, probe_device_lock) {
  expect_variant("probe_device.lock", "unlocked", "global", unprobed,
                 {calling("device_probe"), calling("device_probe")},
                 "data-race: dev_iommu_get v dev_iommu_get");
  expect_variant("of_iommu_configure.lock", "none", "probe_lock", unprobed,
                 {calling("device_configure"), calling("device_probe")},
                 "data-race: dev_iommu_get v dev_iommu_get");
}

TEST(knob_iommu, of_iommu_configure_and_a_probe_in_vain) {
  expect_variant(
      "of_iommu_configure.lock", "none_pointer_last", "probe_lock",
      [](world* w) {
        make_call(w, "iommu_add");
        make_call(w, "device_add", {1, 0, 0, DEVICE_FWSPEC});
      },
      {calling("device_probe"), calling("device_configure")},
      "use-after-free: dev_iommu_fwspec_get v dev_iommu_free", 1);
}

TEST(knob_iommu, use_default_domain) {
  expect_variant("use_default_domain.check", "none", "owner",
                 both(devices(own_rid), calling("vfio_device_bind", 1)),
                 {both(calling("driver_bind", 2), calling("driver_unbind", 2)),
                  both(calling("vfio_group_set_container"), calling("vfio_group_unset_container"))},
                 "kernel-warn in iommu_device_unuse_default_domain");
  expect_variant("use_default_domain.ready", "unchecked", "checked", unprobed,
                 {calling("bus_probe"), both(calling("driver_bind"), calling("driver_unbind"))},
                 "owner-without-its-domain in iommu_device_use_default_domain");
}

// Also who claims by device loses the blocking domain.
TEST(knob_iommu, claim_dma_owner_ready) {
  for (const char* claim : {"vfio_group_set_container", "device_claim_owner"})
    expect_variant("claim_dma_owner.ready", "unchecked", "checked", unprobed,
                   {calling("bus_probe"), both(calling("vfio_device_bind"), calling(claim))},
                   "owner-without-its-domain in setup_listed_groups");
}

// A device is probed beside one that has another domain than the default one.
TEST(knob_iommu, probe_device_join) {
  const auto beside = [](std::uint64_t flags, std::vector<const char*> calls) {
    return [=](world* w) {
      make_call(w, "iommu_add");
      make_call(w, "device_add", {1, 0, 0, flags & DEVICE_PASID});
      make_call(w, "device_add", {1, 1, 0, flags});
      for (const char* flow : calls) make_call(w, flow, {1});
    };
  };
  expect_variant(
      "probe_device.join", "all", "blockable",
      beside(DEVICE_DIRECT, {"device_probe", "vfio_device_bind", "vfio_group_set_container"}),
      {calling("device_probe", 2), calling("vfio_group_unset_container")},
      "kernel-warn in __iommu_group_set_core_domain");
  expect_variant("probe_device.join", "all", "blockable",
                 beside(0, {"device_probe", "driver_bind", "device_attach"}),
                 {calling("device_probe", 2), calling("device_detach")},
                 "kernel-warn in iommu_detach_device");
  expect_variant("probe_device.join", "all", "blockable",
                 beside(DEVICE_PASID, {"device_probe", "driver_bind", "device_attach_pasid"}),
                 {calling("device_probe", 2), calling("device_detach_pasid")},
                 "kernel-warn in driver_remove_dev_pasid");
}

TEST(knob_iommu, unuse_default_domain_pasids) {
  const body both_bound = [](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1, 0});
    make_call(w, "device_add", {1, 1, 0, DEVICE_PASID});
    for (const char* flow : {"device_probe", "driver_bind"})
      for (const std::uint64_t device : {1u, 2u}) make_call(w, flow, {device});
  };
  expect_variant("unuse_default_domain.pasids", "all", "last", both_bound,
                 {calling("driver_unbind"), calling("device_attach_pasid", 2)},
                 "kernel-warn in iommu_device_unuse_default_domain");
}

// Hardware forgets the device, or not even that; its driver's data stays on the domain's list.
TEST(knob_iommu, remove_device_pasids) {
  const body neighbours = both(devices(own_rid, DEVICE_PASID), calling("driver_bind", 1));
  const std::vector<body> cpus = {calling("device_attach_pasid"), calling("device_remove", 2)};
  expect_variant("remove_device.pasids", "left", "taken", neighbours, cpus,
                 "released-device-translates in iommu_release_device");
  expect_variant("remove_device.pasids", "blocked", "taken", neighbours, cpus,
                 "leak: setup v driver_set_dev_pasid");
}

// One device of VFIO's, with a TLB of its own, has joined a group; another one is on its way.
TEST(knob_iommu, arm_smmu_attach_old) {
  const body one_of_vfio = [](world* w) {
    added(own_rid, DEVICE_ATS)(w);
    make_call(w, "device_probe", {1});
    make_call(w, "vfio_device_bind", {1});
    make_call(w, "vfio_group_set_container", {1});
    make_call(w, "vfio_group_map_dma", {1});
  };
  expect_variant(
      "arm_smmu_attach.old", "of_group", "of_device", one_of_vfio,
      {both(calling("device_probe", 2), calling("vfio_group_unmap_dma")), calling("device_dma", 2)},
      "stale-translation in domain_unmap_pages");
}

TEST(knob_iommu, deferred_attach_lock) {
  const body crashed = [](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1, 0, 0, DEVICE_DEFERRED});
    make_call(w, "device_probe", {1});
    make_call(w, "driver_bind", {1});
  };
  const std::vector<body> cpus = {calling("driver_map_dma"), calling("driver_map_dma")};
  expect_variant("deferred_attach.lock", "none", "group_mutex", crashed, cpus,
                 "data-race: __iommu_attach_device v iommu_deferred_attach");
  // A driver that counts devices from their probe on gets further.
  EXPECT_THAT(
      found(under({{"deferred_attach.lock", "none"}, {"alloc_smes.when", "probe"}}), crashed, cpus),
      Contains("list-corruption in driver_attach_dev"));
}

TEST(knob_iommu, bus_iommu_probe_group) {
  expect_variant("bus_iommu_probe.group", "unreferenced", "referenced", unprobed,
                 {calling("bus_probe"), calling("device_remove")},
                 "use-after-free: setup_listed_groups v iommu_group_release");
  // The device has left, and the group has not gone yet.
  EXPECT_THAT(found(under({{"bus_iommu_probe.group", "unreferenced"}}), unprobed,
                    {calling("bus_probe"), calling("device_remove")}),
              Contains("device-of-an-empty-group in iommu_group_first_dev"));
}

// Another probe completes the group between the listing and the setup.
TEST(knob_iommu, bus_iommu_probe_setup) {
  const std::vector<body> plugged = {
      calling("bus_probe"), calling("device_probe", 2),
      both(calling("vfio_device_bind"), calling("vfio_group_set_container"))};
  expect_variant("bus_iommu_probe.setup", "again", "once", added(shared_rid), plugged,
                 "owner-without-its-domain in setup_listed_groups");
  EXPECT_THAT(
      found(under({{"bus_iommu_probe.setup", "again"}}), added(shared_rid),
            {plugged[0], both(calling("device_probe", 2),
                              both(calling("driver_bind", 2), calling("driver_map_dma", 2)))}),
      Contains("data-race: attach_default v driver_map_dma"));
}

// A device leaves the list while the probes of its group are finished.
TEST(knob_iommu, bus_iommu_probe_finalize) {
  expect_variant("bus_iommu_probe.finalize", "unlocked", "locked", unprobed,
                 {calling("bus_probe"), calling("device_remove")},
                 "data-race: list_del_device v setup_listed_groups");
}

TEST(knob_iommu, set_group_pasid_undo) {
  expect_variant("set_group_pasid.undo", "all", "to_failed",
                 both(devices(own_rid, DEVICE_PASID), calling("driver_bind", 1)),
                 {calling("device_attach_pasid", 1)}, "kernel-warn in driver_remove_dev_pasid", 1);
}

TEST(knob_iommu, reset_fence) {
  const std::vector<body> cpus = {calling("device_reset", 1),
                                  calling("vfio_group_unset_container", 1)};
  expect_variant("reset.fence", "rejects_all", "nofail_passes", of_vfio(own_rid), cpus,
                 "kernel-warn in __iommu_group_set_core_domain");
  EXPECT_THAT(found(under({{"reset.fence", "none"}}), of_vfio(own_rid), cpus), IsEmpty());
}

// One alias is being probed while the other one, the last of their group, leaves.
TEST(knob_iommu, alloc_smes_when) {
  const auto one_probed = [](std::uint64_t rid) {
    return both(added(rid), calling("device_probe"));
  };
  const std::vector<body> cpus = {calling("device_probe", 2), calling("device_remove", 1)};
  expect_variant("alloc_smes.when", "probe", "attach", one_probed(shared_rid), cpus,
                 "root-freed-in-use in pgtable_free");
  EXPECT_THAT(found(under({{"alloc_smes.when", "probe"}}), one_probed(own_rid), cpus), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
