// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. The iommu core: groups, devices, domains.
#include "model/iommu/iommu_tables.h"
#include "model/iommu/knobs.h"

namespace iorace::kern::iommu_tables {
namespace {

#define UPSTREAM "6.12.117"
#define SEED "[PATCH 4/4] iommu: Fix ordering of iommu_release_device() (2022-09)"

constexpr knob_value release_device[] = {
    {"locked", "A10",
     "List removal, the driver's release and the core's domains under the group's mutex.",
     "df15d76dcaca, aa0958570f24, 14891af3799e", "release_device", "clean"},
    {"group_put_first", "A0",
     "The reference to the group goes first, and with the last one the default domain.",
     "before 9ac8545199a1", "release_last_device", "core-domain-freed-early"},
    {"driver_first", "A1", "The driver forgets the device, without a lock, while it is listed.",
     "9ac8545199a1", "release_device", "use-after-free"},
    {"list_del_first", "A2", "The device leaves the list, then the driver forgets it, unlocked.",
     SEED, "release_device", "use-after-free"},
    {"group_reference", "A3",
     "The same with a reference to the group around: it keeps the core's domains only.", SEED,
     "release_device", "use-after-free"},
    {"reentrant_driver", "A4",
     "The mutex is held, and the driver's release op calls the core, which takes it.",
     "before df15d76dcaca", "release_reentrant_driver", "recursive-lock"},
    {"detach_warn", "A5",
     "The removal attaches the default domain first, and warns if another one was attached: "
     "wrong where two devices belong to VFIO.",
     SEED, "release_device", "kernel-warn"},
    {"detach_shared", "A5ii",
     "The same without a warning: the default domain replaces the translation of an alias.", SEED,
     "release_shared_rid", "alias-cut-off"},
    {"domain_users", "A6", "Drivers count the domain as long as the hardware walks it. Sound.",
     SEED, "release_walker", "clean"},
    {"users_early", "A6w", "They count it, but drop it before the hardware does.", "ours",
     "release_walker", "root-freed-in-use"},
    {"free_unlinks", "A7",
     "Freeing a domain unlinks who is attached: no list is corrupt, but the hardware walks on.",
     SEED, "release_walker", "root-freed-in-use"},
    {"warn_if_bound", "A8",
     "A warning for a device that is released while a driver is bound. Detects, prevents nothing.",
     SEED, "release_device", "clean"},
    {"vfio_strict", "A9",
     "As driver_first; VFIO lets go of the group with the last device. Sound for a single device.",
     "ca5f21b25749", "release_last_device", "clean"},
    {"release_domain", "A11",
     "The core attaches a static blocking domain before the driver's release. Sound.", UPSTREAM,
     "release_device", "clean"},
    {"release_domain_shared", "A11ii", "The same on drivers that write the entry of an alias.",
     UPSTREAM, "release_shared_rid", "alias-cut-off"},
};
constexpr knob_value vfio_group_lifetime[] = {
    {"strict", "K35s", "VFIO lets go of the group with its last device.", "ca5f21b25749",
     "release_last_device", "clean"},
    {"until_detach", "K35", "It lets go when the user unsets the container.", "before ca5f21b25749",
     "release_last_device", "kernel-warn"},
};
constexpr knob_value probe_device_lock[] = {
    {"global", "K37s", "One mutex for all probes.", "01657bc14a39", "probe_race", "clean"},
    {"unlocked", "K37", "Two probes of one device both find no group.", "before 01657bc14a39",
     "probe_race", "data-race"},
};
constexpr knob_value use_default_domain_check[] = {
    {"owner", "I25s", "A driver is refused while somebody owns the group.", UPSTREAM, "claim_owner",
     "clean"},
    {"none", "I25", "It is bound all the same.", "ours", "claim_owner", "kernel-warn"},
};

constexpr knob_value use_default_domain_ready[] = {
    {"checked", "K38s", "A driver is deferred while its group has no default domain.",
     "b46064a18810", "bind_bus_probe", "clean"},
    {"unchecked", "K38", "It is bound, and no pass over the bus has set up its DMA.",
     "before b46064a18810", "bind_bus_probe", "owner-without-its-domain"},
};
constexpr knob_value claim_dma_owner_ready[] = {
    {"unchecked", "I28",
     "A group without a default domain can be claimed: the pass over the bus then attaches it to "
     "one.",
     UPSTREAM, "claim_bus_probe", "owner-without-its-domain"},
    {"checked", "I28s", "It is refused, as a driver is deferred. Sound.", "ours", "claim_bus_probe",
     "clean"},
};
constexpr knob_value deferred_attach_lock[] = {
    {"none", "I29", "Nothing: two CPUs that do the first DMA attach the device both.", UPSTREAM,
     "deferred_attach", "data-race"},
    {"group_mutex", "I29s", "The group's mutex. Sound, where DMA is mapped by who may sleep.",
     "ours", "deferred_attach", "clean"},
};
constexpr knob_value bus_iommu_probe_group[] = {
    {"unreferenced", "I26", "Its list keeps groups that may go with their last device.", UPSTREAM,
     "remove_bus_probe", "use-after-free"},
    {"referenced", "I26s", "A reference, and a look whether a device is left. Sound.", "ours",
     "remove_bus_probe", "clean"},
};
constexpr knob_value bus_iommu_probe_setup[] = {
    {"again", "I32",
     "All that it has listed: also one that another probe has given a default domain, and that is "
     "in use since.",
     UPSTREAM, "probe_bus_probe", "owner-without-its-domain"},
    {"once", "I32s", "Those that still have no default domain. Sound.", "ours", "probe_bus_probe",
     "clean"},
};
constexpr knob_value bus_iommu_probe_finalize[] = {
    {"unlocked", "I37", "Nothing: devices leave the list under the walk.", UPSTREAM,
     "remove_bus_probe", "data-race"},
    {"locked", "I37s", "The group's mutex. Sound, where no driver's op calls the core.", "ours",
     "remove_bus_probe", "clean"},
};
constexpr knob_value of_iommu_configure_lock[] = {
    {"probe_lock", "K39s", "The lock of probes.", "a2e7e59a9426, 3832862eb9c4", "configure_probe",
     "clean"},
    {"none", "K39", "Nothing: a probe may find half of what it makes.", "before a2e7e59a9426",
     "configure_probe", "data-race"},
    {"none_pointer_last", "K40",
     "Nothing, and a probe that fails forgets dev->iommu once that is freed.",
     "before b54240ad4943, CVE-2022-48796", "configure_failing_probe", "use-after-free"},
};
constexpr knob_value set_group_pasid_undo[] = {
    {"to_failed", "K41s", "The devices that have got the domain.", "b025dea63cde", "attach_pasid",
     "clean"},
    {"all", "K41", "All devices of the group, also those that never got it.", "before b025dea63cde",
     "attach_pasid", "kernel-warn"},
};
constexpr knob_value reset_fence[] = {
    {"none", "K36n", "Nothing: a reset does not know of domains.", UPSTREAM, "reset_detach",
     "clean"},
    {"rejects_all", "K36", "A fence that also rejects changes that must not fail.",
     "7.0, before 5474e6e17a26, CVE-2026-52952", "reset_detach", "kernel-warn"},
    {"nofail_passes", "K36s",
     "A fence that those pass, around the device that is being reset. Sound.", "5474e6e17a26",
     "reset_detach", "clean"},
};

constexpr knob_value alloc_smes_when[] = {
    {"probe", "I27",
     "When it is probed: the last device of its group leaves the entry to one that joins it.",
     UPSTREAM, "probe_remove_alias", "root-freed-in-use"},
    {"attach", "I27s", "When it is first attached, under the group's mutex. Sound.", "ours",
     "probe_remove_alias", "clean"},
};

constexpr knob_value probe_device_join[] = {
    {"all", "I30",
     "All: also who cannot be blocked with an owned group, makes the group of a driver larger, or "
     "lacks a PASID that the others have.",
     UPSTREAM, "probe_direct", "kernel-warn"},
    {"blockable", "I30s",
     "If the group is owned those that can be blocked, if a driver attached it none, if a PASID is "
     "attached those that have none. Sound.",
     "ours", "probe_direct", "clean"},
};

constexpr knob_value unuse_default_domain_pasids[] = {
    {"all", "I31", "It may be none of any device of the group: other drivers have theirs.",
     UPSTREAM, "unbind_pasid", "kernel-warn"},
    {"last", "I31s", "With the last driver of the group none may be left. Sound.", "ours",
     "unbind_pasid", "clean"},
};

constexpr knob_value remove_device_pasids[] = {
    {"left", "I33",
     "SMMUv3 blocks what comes without a PASID: the stream keeps its table, which is then freed.",
     UPSTREAM, "remove_pasid", "released-device-translates"},
    {"blocked", "I33v",
     "VT-d blocks the device, and leaves it on the lists of the domains of its PASIDs.", UPSTREAM,
     "remove_pasid", "leak"},
    {"taken", "I33s", "The core takes their domains from it before its driver forgets it. Sound.",
     "ours", "remove_pasid", "clean"},
};

constexpr knob_value arm_smmu_attach_old[] = {
    {"of_group", "I34",
     "What its group is attached to: of a device that joins the group the new one, of one that is "
     "put back, too.",
     UPSTREAM, "ats_join_unmap", "stale-translation"},
    {"of_device", "I34s", "What the device itself is attached to, which the core says. Sound.",
     "ours", "ats_join_unmap", "clean"},
};
constexpr knob_value arm_smmu_attach_ats[] = {
    {"noted_last", "I35",
     "When all is done: an unmap finds the device on the list and takes it for one without a TLB.",
     UPSTREAM, "ats_attach_unmap", "data-race"},
    {"noted_first", "I35s", "Under the list's lock, before the device may fill its TLB. Sound.",
     "ours", "ats_attach_unmap", "clean"},
};
constexpr knob_value arm_smmu_attach_memory[] = {
    {"may_fail", "I36",
     "It takes memory, also where the core goes back to a domain and cannot be refused.", UPSTREAM,
     "ats_unset_failing", "kernel-warn"},
    {"no_fail", "I36s", "There is always enough of it. Sound.", "ours", "ats_unset_failing",
     "clean"},
};

constexpr knob_value store_type_look[] = {
    {"before_lock", "I38",
     "Before it takes the mutex: until then the last device may have left, domain and all.",
     UPSTREAM, "remove_store_type", "data-race"},
    {"under_lock", "I38s", "Under the mutex. Sound.", "ours", "remove_store_type", "clean"},
};

constexpr knob_info knob_table[] = {
    {"release_device", "How a device leaves its group and its driver.", release_device, 0},
    {"vfio_group.lifetime", "How long VFIO touches a group.", vfio_group_lifetime, 0},
    {"probe_device.lock", "What serialises probes.", probe_device_lock, 0},
    {"use_default_domain.check", "What a driver that binds is asked.", use_default_domain_check, 0},
    {"use_default_domain.ready", "What it is asked before.", use_default_domain_ready, 0},
    {"claim_dma_owner.ready", "Whether a group can be claimed before it has a default domain.",
     claim_dma_owner_ready, 1},
    {"deferred_attach.lock", "What serialises attaches that were deferred to the first DMA.",
     deferred_attach_lock, 1},
    {"bus_iommu_probe.group", "What keeps the groups that a pass over a bus will come back to.",
     bus_iommu_probe_group, 1},
    {"bus_iommu_probe.setup", "Which groups a pass over a bus gives default domains.",
     bus_iommu_probe_setup, 1},
    {"bus_iommu_probe.finalize", "What a pass over the bus finishes the probes of a group under.",
     bus_iommu_probe_finalize, 1},
    {"of_iommu_configure.lock", "What keeps probes away while firmware is asked for an IOMMU.",
     of_iommu_configure_lock, 0},
    {"set_group_pasid.undo", "Which devices lose a PASID that one could not get.",
     set_group_pasid_undo, 0},
    {"reset.fence", "What keeps domains from being changed while a device is reset.", reset_fence,
     0},
    {"alloc_smes.when", "From when on a device uses the entry of its requester id.",
     alloc_smes_when, 1},
    {"probe_device.join", "Which devices may join a group that is in use.", probe_device_join, 1},
    {"unuse_default_domain.pasids", "Which PASIDs may be attached when a driver is unbound.",
     unuse_default_domain_pasids, 1},
    {"remove_device.pasids", "What becomes of the PASIDs of a device that leaves its group.",
     remove_device_pasids, 2},
    {"arm_smmu_attach.old", "Which domain forgets a device with ATS that is attached to another.",
     arm_smmu_attach_old, 1},
    {"arm_smmu_attach.ats", "When a device with ATS is known to have a TLB.", arm_smmu_attach_ats,
     1},
    {"arm_smmu_attach.memory", "Whether a domain can always list a device with ATS.",
     arm_smmu_attach_memory, 1},
    {"store_type.look", "When a change of type looks whether there is a default domain.",
     store_type_look, 1},
};
static_assert(std::size(knob_table) == knob::iommu_count - knob::iommu_before - 1);

constexpr invariant_info invariant_table[] = {
    {"device-off-group-domain", "I2.3", "A listed device is not attached to its group's domain.",
     "when the group's mutex is dropped"},
    {"alias-cut-off", "I2.4", "The release of a device changed the translation of its alias.",
     "when a release writes an entry"},
    {"owner-without-its-domain", "I2.5", "Owner, count and domain of a group do not fit.",
     "when the group's mutex is dropped"},
    {"released-device-translates", "I2.7", "A device in no group can do DMA.",
     "when a release returns"},
    {"core-domain-freed-early", "I2.8",
     "A default or blocking domain was freed before the last device of its group was released.",
     "when a domain is freed"},
    {"device-of-an-empty-group", "I2.9",
     "The first device of a group was looked at, and the group has none.",
     "when a domain is allocated for a group"},
};

constexpr probe_info probe_table[] = {
    {"group_joined", "A device joined a group that was there.", false},
    {"group_released", "The last reference to a group was dropped.", false},
    {"domain_attached", "A driver attached a device.", false},
    {"domain_reverted", "An attach failed and was undone.", true},
    {"owner_claimed", "A group got an owner.", false},
    {"owner_refused", "A claim or a driver was refused.", false},
    {"device_released", "A driver forgot a device.", false},
    {"alias_left_alone", "A release left an entry to its alias.", false},
    {"entry_unchanged", "An entry said already what was to be written.", false},
    {"pasid_undone", "A domain was taken from PASIDs because one device failed.", true},
};
static_assert(std::size(probe_table) == probe::iommu_count - probe::iommu_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::iommu_tables
