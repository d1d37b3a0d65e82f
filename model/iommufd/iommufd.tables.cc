// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's knobs, limits, invariants and probes, in the order of knobs.h. The flows are in
// iommufd.flows.cc.
#include "model/iommufd/iommufd_tables.h"
#include "model/iommufd/knobs.h"

namespace iorace::kern::iommufd_tables {
namespace {

// Where a value comes from: the mail, the kernel as it is, a commit or what was before it, nowhere.
#define SEED "[PATCH v3 14/15] iommufd: Add a selftest (2022-10)"
#define UPSTREAM "6.12.117"
#define OURS "ours"

constexpr knob_value selftest_access_lock[] = {
    {"mutex", "V1", "A mutex from before the pin until it is recorded and answered.",
     "f4b20bb34c83", "access_pin_unmap", "clean"},
    {"spin", "V0", "A spinlock around the list only; id and answer unlocked.", SEED,
     "access_pin_unmap", "pin-survives-unmap"},
    {"record_first", "V2",
     "A pin is recorded as under way first; a callback waits for those in its range. Sound.", OURS,
     "access_pin_unmap", "clean"},
    {"respond_unlocked", "V3",
     "The mutex is dropped before the answer; the error path looks no item up again.", OURS,
     "access_respond_unlocked", "use-after-free"},
};
constexpr knob_value iommufd_object_lifetime[] = {
    {"shortterm_users", "V5s", "Short term users are counted; the destroyer waits for zero.",
     "6f9c4d8c468c", "access_destroy_unmap", "clean"},
    {"destroy_rwsem", "V5", "Short term users hold a semaphore inside the object.",
     "before 6f9c4d8c468c", "access_destroy_unmap", "use-after-free"},
};
constexpr knob_value iommufd_destroy_users[] = {
    {"none", "V6s", "IOMMU_DESTROY takes no reference.", "99f98a7c0d69", "object_destroy_access",
     "clean"},
    {"temporary", "V6", "IOMMU_DESTROY takes a user reference for a while.", "before 99f98a7c0d69",
     "object_destroy_access", "kernel-warn"},
};
constexpr knob_value change_ioas_ioas[] = {
    {"cleared", "V7as", "ioas is null while the callback runs, so nobody can pin.", UPSTREAM,
     "access_replace_pin", "clean"},
    {"kept", "V7a", "Pins slip in between the callback and the removal from the list.", OURS,
     "access_replace_pin", "kernel-warn"},
};
constexpr knob_value change_ioas_ioas_unpin[] = {
    {"ioas_unpin", "V7bs", "Unpins go by ioas_unpin, which outlives ioas.", UPSTREAM,
     "access_replace_pin", "clean"},
    {"ioas", "V7b", "Unpins go by ioas, which is null in the callback.", OURS, "access_replace_pin",
     "kernel-warn"},
};
constexpr knob_value unpin_pages_contig_done[] = {
    {"locked", "V8s", "Unpin asks for the last area under iova_rwsem.", "dbe245cdf518",
     "access_unpin_unmap", "clean"},
    {"after_up_read", "V8", "Unpin asks for the last area after iova_rwsem was dropped.",
     "before dbe245cdf518", "access_unpin_unmap", "use-after-free"},
};
constexpr knob_value access_destroy_lock[] = {
    {"unlocked", "V4s", "A driver holds no lock when it destroys its access.", UPSTREAM,
     "access_detach_destroy_unmap", "clean"},
    {"driver_lock", "V4", "A driver holds the lock that its callback takes.", OURS,
     "access_detach_destroy_unmap", "kernel-warn"},
};
constexpr knob_value access_driver_attach[] = {
    {"serialised", "V9s", "A driver serialises attach, replace and detach, as VFIO does.", UPSTREAM,
     "access_replace_detach", "clean"},
    {"concurrent", "V9", "It does not, as the selftest's replace.", OURS, "access_replace_detach",
     "kernel-warn"},
};
constexpr knob_value iopt_unmap_start[] = {
    {"advanced", "V10s", "Unmap goes on behind the area that it has unmapped.", "8602018b1f17",
     "unmap_map", "clean"},
    {"kept", "V10", "Unmap starts over, and meets what was mapped meanwhile.",
     "before 8602018b1f17", "unmap_map", "unmap-goes-back"},
};
constexpr knob_value iopt_unmap_area_pointer[] = {
    {"read_before_unlock", "V11s", "Unmap knows the area's length before it drops its locks.",
     "804ca14d04df", "access_items_unmap", "clean"},
    {"read_after_unlock", "V11", "It reads the length when the area may be gone.",
     "before 804ca14d04df", "access_items_unmap", "use-after-free"},
};
constexpr knob_value notify_unmap_lock_obj[] = {
    {"access_list", "c13", "NOTIFY takes its reference under the list's lock only.", UPSTREAM,
     "access_destroy_unmap", "kernel-warn"},
    {"objects", "c13s", "It takes it under the lock that the destroyer takes. Sound.", OURS,
     "access_destroy_unmap", "clean"},
};
constexpr knob_value iopt_unmap_tries[] = {
    {"per_gap", "c15", "Adjoining areas share one budget of tries.", UPSTREAM, "unmap_adjoining",
     "kernel-warn"},
    {"per_area", "c15s", "Every area has its own. Sound.", OURS, "unmap_adjoining", "clean"},
};
constexpr knob_value access_destroy_pins[] = {
    {"kept", "c2", "A driver leaves its pins to the destroy operation's own callback.", UPSTREAM,
     "access_destroy_unmap", "kernel-warn"},
    {"undone", "c2s", "It undoes them first, as the selftest does. Sound.", OURS,
     "access_destroy_unmap", "clean"},
};
constexpr knob_value put_object_wake[] = {
    {"interruptible", "c14",
     "The last short term user wakes interruptible sleepers only. Sound, but its destroyer waits "
     "for a minute.",
     UPSTREAM, "access_destroy_unmap", "clean"},
    {"all", "c14s", "It wakes the destroyer, which sleeps uninterruptibly. Sound.", OURS,
     "access_destroy_unmap", "clean"},
};
constexpr knob_value fill_domains_unwind[] = {
    {"unpin_first", "c23",
     "When a later domain cannot be filled, pages are unpinned before the earlier ones are "
     "unmapped.",
     UPSTREAM, "map_two_domains", "unpinned-while-mapped"},
    {"unmap_first", "c23s", "They are unmapped first. Sound.", OURS, "map_two_domains", "clean"},
};

constexpr knob_info knob_table[] = {
    {"selftest_access.lock", "What the selftest driver holds around a pin and its record.",
     selftest_access_lock, 0},
    {"iommufd_object.lifetime", "How a destroyer waits for short term users.",
     iommufd_object_lifetime, 0},
    {"iommufd_destroy.users", "References that IOMMU_DESTROY takes.", iommufd_destroy_users, 0},
    {"change_ioas.ioas", "What becomes of ioas while the callback runs.", change_ioas_ioas, 0},
    {"change_ioas.unpin", "Which pointer unpins go by.", change_ioas_ioas_unpin, 0},
    {"unpin_pages.contig_done", "Where unpin asks whether its areas were contiguous.",
     unpin_pages_contig_done, 0},
    {"access_destroy.lock", "What a driver holds when it destroys its access.", access_destroy_lock,
     0},
    {"access_driver.attach", "What a driver holds around attach, replace and detach.",
     access_driver_attach, 0},
    {"iopt_unmap.start", "Where unmap goes on after an area.", iopt_unmap_start, 0},
    {"iopt_unmap.area_pointer", "When unmap reads the area for the last time.",
     iopt_unmap_area_pointer, 0},
    {"notify_unmap.lock_obj", "What excludes the destroyer while NOTIFY takes its reference.",
     notify_unmap_lock_obj, 1},
    {"iopt_unmap.tries", "What shares a budget of tries.", iopt_unmap_tries, 1},
    {"access_destroy.pins", "What a driver does with its pins before it destroys its access.",
     access_destroy_pins, 1},
    {"put_object.wake", "Whom the last short term user wakes.", put_object_wake, 1},
    {"fill_domains.unwind", "The order in which a failed map is undone.", fill_domains_unwind, 1},
};
static_assert(std::size(knob_table) == knob::iommufd_count);

constexpr limit_info limit_table[] = {
    {"unmap_tries", "How often an unmap asks the accesses of an area to let go.", 100, 1, 1000},
    {"user_pages", "Pages of user memory, from 0x100000 on.", 8, 1, user_pages_max},
    {"pages_per_call", "Pages that one call of the selftest may pin.", 64, 1, 4096},
};
static_assert(std::size(limit_table) == limit::iommufd_count);

constexpr invariant_info invariant_table[] = {
    {"pin-survives-unmap", "I1.1", "An unmap callback returned and its access still pins the area.",
     "when an unmap callback returns, by area generation"},
    {"area-freed-with-accesses", "I1.2", "An area was freed while accesses had pins on it.",
     "when an area is freed"},
    {"unpinned-while-mapped", "I1.3", "A page lost its last pin while a domain still mapped it.",
     "when a page's last pin is dropped"},
    {"pinned-after-release", "I1.4", "A run of pages was released with pages still pinned.",
     "when the last reference on the pages is dropped"},
    {"pinned-not-once", "I1.5",
     "A page is not pinned exactly once iff an access or a domain needs it.",
     "when the pages' mutex is dropped"},
    {"callback-after-destroy", "I1.6", "An unmap callback ran after its access was destroyed.",
     "when a callback begins, and when the destroy operation is done"},
    {"area-survives-unmap", "I1.8", "An unmap returned 0 and left an area that was there before.",
     "when an unmap returns 0"},
    {"unlisted-error", "I1.9", "A call returned an error that is not on its list.",
     "when a call returns"},
    {"unmap-goes-back", "I1.10",
     "An unmap met an area that lies in what it had passed: it was mapped there since.",
     "when an unmap finds an area"},
    {"pin-not-recorded", "H11", "A page is not pinned as often as that is recorded.",
     "when the pages' mutex or iommu->lock is dropped and nobody else who pins is half way"},
    {"pinned-at-end", "H11e", "A page was still pinned when everything had been released.",
     "at the end"},
};

constexpr probe_info probe_table[] = {
    {"notify_called", "An unmap called an access.", false},
    {"notify_skipped_destroyed", "An unmap skipped an access that was being destroyed.", true},
    {"unmap_retried", "An unmap asked and looked again.", false},
    {"unmap_met_busy_area", "An unmap met an area that another task was working on.", false},
    {"unmap_gave_up", "An unmap ran out of tries.", true},
    {"unmap_detached", "An unmap took an area out.", false},
    {"pin_shared_node", "A pin found the same range pinned already.", false},
    {"pin_from_domain", "A pin took its pages from a domain.", false},
    {"pin_unwound", "A pin over several areas failed and was undone.", true},
    {"unpin_last_user", "An unpin was the last of its range.", false},
    {"pin_outlived_domain", "A domain went and left pages to an access.", false},
    {"map_unwound", "A map failed and was undone.", false},
    {"domain_filled", "A domain joined.", false},
    {"domain_unfilled", "A domain left.", false},
    {"change_ioas_callback", "A change of ioas called the driver.", false},
    {"change_ioas_busy", "A change of ioas met another one in its callback.", true},
    {"replace_without_ioas", "A replace found no ioas.", false},
    {"destroy_busy", "An object had users left and was not destroyed.", false},
    {"callback_found_item", "A callback let pages go.", false},
    {"item_destroyed", "An item was destroyed, by the user or its driver.", false},
    {"respond_failed", "The answer to a call could not be delivered.", true},
    {"fput_deferred", "The last reference of a file was dropped.", false},
    {"area_split", "An area was split.", false},
};
static_assert(std::size(probe_table) == probe::iommufd_count);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return limit_table; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::iommufd_tables
