// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. VFIO type1 containers. The flows are in
// vfio_type1.flows.cc.
#include "model/vfio/type1/knobs.h"
#include "model/vfio/type1/vfio_type1_tables.h"

namespace iorace::kern::vfio_type1_tables {
namespace {

// Where a value comes from: the mails, the kernel as it is, a commit or what was before it,
// nowhere.
#define SEED "[PATCH RFC v2 00/13] IOMMUFD Generic interface (2022-10)"
#define UPSTREAM "6.12.117"
#define OURS "ours"

constexpr knob_value type1_vaddr_values[] = {
    {"excluded", "T7",
     "Addresses are not taken away beside drivers that pin, nor the other way round.",
     "ef3a3f6a294b, da4f1c2e1c9c, a5ac1f816563", "vaddr_vs_attach", "clean"},
    {"wait", "T0", "Who pins waits until the user gives the address back.", "898b9eaeb3fe",
     "vaddr_pin_close", "hung-task"},
    {"wait_untold", "T0r", "The same; who has waited is told that he has not.",
     "before ffc95d1b8edb", "vaddr_pin_again", "stale-vaddr"},
    {"wait_late", "T0l", "The same; who waits queues up after he has dropped the lock.", OURS,
     "vaddr_pin_restore", "lost-wakeup"},
    {"wake_once", "T1", "A close of a device ends the waits for it that there are.", SEED,
     "vaddr_pin_close", "hung-task"},
    {"wake_all", "T2", "A close of a device ends all waits that there are.", SEED,
     "vaddr_two_devices", "wait-failed-for-another"},
    {"closing", "T3",
     "A close of a device ends the waits for it that there are or will be. Sound as far as devices "
     "are closed.",
     OURS, "vaddr_pin_close", "clean"},
    {"file", "T4", "Pages are found through the file that is mapped. Sound.", SEED,
     "vaddr_pin_exec", "clean"},
    {"change_mm", "T5", "All mappings move to another process that has the same memory. Sound.",
     SEED, "change_mm_exec", "clean"},
    {"removed", "T6", "Addresses cannot be taken away. Sound.", SEED, "unmap_vs_mdev_pin", "clean"},
    {"wait_left", "T8", "Excluded as upstream, with the wait still there. Sound: nobody waits.",
     "6.1.192", "vaddr_vs_attach", "clean"},
};
constexpr knob_value notify_list_values[] = {
    {"device_list_lock", "51a",
     "Callbacks run under device_list_lock, which others take under iommu->lock.", UPSTREAM,
     "unmap_vs_unmap", "deadlock"},
    {"outer", "51s", "The list is kept from changing by a lock around the whole unmap. Sound.",
     OURS, "unmap_vs_unmap", "clean"},
    {"unlocked", "51", "Callbacks run with no lock at all.", OURS, "unmap_vs_close",
     "use-after-free"},
};
constexpr knob_value notify_range_values[] = {
    {"after_unlock", "D1", "A notification reads the range once it has dropped iommu->lock.",
     UPSTREAM, "unmap_vs_unmap", "use-after-free"},
    {"copied", "D1s", "It reads the range before. Sound.", OURS, "unmap_vs_unmap", "clean"},
};
constexpr knob_value mdev_pin_values[] = {
    {"locked", "D2s", "A driver pins and remembers under the lock of its callback.", OURS,
     "unmap_vs_mdev_pin", "clean"},
    {"unlocked", "D2", "It pins first and takes the lock to remember.", OURS, "unmap_vs_mdev_pin",
     "kernel-bug"},
};
constexpr knob_value mdev_dma_unmap_values[] = {
    {"pins_lock", "D3s", "A driver's callback takes the lock of its pins.", OURS, "unmap_vs_close",
     "clean"},
    {"dev_set_lock", "D3", "It takes the lock that its close holds as well.", OURS,
     "unmap_vs_close", "deadlock"},
};
constexpr knob_value device_open_values[] = {
    {"unregisters", "52s", "A device whose open fails is taken off the list.", "7fdba0011157",
     "failed_open_vs_unmap", "clean"},
    {"left", "52", "It stays on the list.", "before 7fdba0011157", "failed_open_vs_unmap",
     "use-after-free"},
};
constexpr knob_value lock_acct_values[] = {
    {"of_dma", "53s", "Pages count for the memory that the mapping belongs to.", "046eca5018f8",
     "vaddr_exec", "clean"},
    {"of_task", "53", "They count for what memory the task has at the time.", "before 046eca5018f8",
     "vaddr_exec", "kernel-warn"},
};
constexpr knob_value unmap_unpin_values[] = {
    {"before_unpin", "U1s", "The cache is emptied before pages are unpinned.", UPSTREAM,
     "vaddr_exec", "clean"},
    {"after_unpin", "U1", "It is emptied afterwards.", OURS, "vaddr_exec",
     "unpinned-while-translated"},
};
constexpr knob_value attach_values[] = {
    {"locked", "X1s",
     "Who attaches looks for addresses taken away and adds the group under one lock.", UPSTREAM,
     "vaddr_vs_attach", "clean"},
    {"lock_dropped", "X1", "He drops the lock between the look and the addition.", OURS,
     "vaddr_vs_attach", "kernel-warn"},
};

constexpr knob_value retries_values[] = {
    {"any_pin", "D4", "An unmap counts its rounds over one mapping, whoever has pinned in between.",
     UPSTREAM, "unmap_vs_pins", "kernel-bug"},
    {"same_pins", "D4s", "It counts those in which nobody has pinned anew. Sound.", OURS,
     "unmap_vs_pins", "clean"},
};

constexpr knob_info knob_table[] = {
    {"type1_vaddr", "What becomes of those who need an address that the user has taken away.",
     type1_vaddr_values, 0},
    {"vfio_notify_dma_unmap.list", "What keeps the list of devices during callbacks.",
     notify_list_values, 1},
    {"vfio_notify_dma_unmap.range", "When a notification reads what it is about.",
     notify_range_values, 1},
    {"mdev_pin.record", "What a driver holds between a pin and its record.", mdev_pin_values, 0},
    {"mdev_dma_unmap.lock", "What a driver's callback takes.", mdev_dma_unmap_values, 0},
    {"vfio_device_open.unwind", "What becomes of a device whose open fails.", device_open_values,
     0},
    {"vfio_lock_acct.mm", "Whose memory pinned pages count for.", lock_acct_values, 0},
    {"vfio_unmap_unpin.sync", "When translations that are cached go.", unmap_unpin_values, 0},
    {"vfio_attach_group.lock", "What is held when a group is found to be welcome.", attach_values,
     0},
    {"remove_dmas.retries", "Which rounds an unmap counts until it gives up.", retries_values, 1},
};
static_assert(std::size(knob_table) == knob::vfio_type1_count - knob::vfio_type1_before - 1);

constexpr limit_info limit_table[] = {
    {"dma_entries", "Mappings that a container may have.", 65535, 1, 65535},
    {"memlock_pages", "Pages that a process may have pinned.", 64, 0, 64},
    {"dma_unmap_rounds", "Notifications about one mapping before an unmap gives up.", 10, 1, 10},
    {"contiguous_pages", "Pages of memory that are pinned and mapped at once; 0: all.", 0, 0, 64},
};
static_assert(std::size(limit_table) == limit::vfio_type1_count - limit::vfio_type1_before - 1);

constexpr invariant_info invariant_table[] = {
    {"vaddr-count-wrong", "I4.1", "The count of addresses taken away is not how many are.",
     "when iommu->lock is dropped"},
    {"stale-vaddr", "I4.2", "An address was used that the user has taken away.",
     "when pages are pinned or copied through an address"},
    {"pin-lost", "I4.4", "A page that a driver has pinned is not pinned as often.",
     "when iommu->lock is dropped"},
    {"unpinned-while-translated", "I4.5",
     "A domain, or a cache of it, translates to a page that is not pinned any more.",
     "when a page's last pin is dropped"},
    {"locked-vm-wrong", "I4.6", "A process is charged for other pages than are pinned.",
     "when iommu->lock is dropped, of processes that are there"},
    {"wait-failed-for-another", "I4.9", "A wait failed because of a device of somebody else.",
     "when a wait for an address ends in an error"},
};

constexpr probe_info probe_table[] = {
    {"vaddr_waited", "Somebody waited for an address.", false},
    {"vaddr_wait_failed", "A wait for an address failed.", true},
    {"vaddr_refused", "An address could not be taken away beside a driver that pins.", false},
    {"vaddr_rolled_back", "An address was to be taken away twice.", false},
    {"dma_unmap_notified", "An unmap notified drivers.", false},
    {"dma_unmap_unpinned", "A driver unpinned because it had to.", false},
    {"mdev_pin_unwound", "A pin failed half-way.", false},
    {"pin_shared", "A page was pinned by a driver already.", false},
    {"dma_map_unwound", "A mapping failed half-way.", false},
    {"replay_unwound", "A new domain could not be given all mappings.", true},
    {"owner_changed", "A mapping went to another process.", false},
    {"owner_gone", "The process of a mapping had gone.", false},
    {"domain_reaccounted", "The last domain went and left drivers with their pins.", false},
};
static_assert(std::size(probe_table) == probe::vfio_type1_count - probe::vfio_type1_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return limit_table; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::vfio_type1_tables
