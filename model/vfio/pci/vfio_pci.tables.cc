// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. BARs of vfio-pci devices in user memory. The flows
// are in vfio_pci.flows.cc.
#include "model/vfio/pci/knobs.h"
#include "model/vfio/pci/vfio_pci_tables.h"

namespace iorace::kern::vfio_pci_tables {
namespace {

// Where a value comes from: the mails, the kernel as it is, a commit or what was before it,
// nowhere.
#define SEED "[PATCH v2] vfio/pci: Handle concurrent vma faults (2021-06)"
#define UPSTREAM "6.12.117"
#define OURS "ours"
constexpr const char* disabled = "bar-mapped-while-disabled";

constexpr knob_value vfio_pci_fault[] = {
    {"page", "F6", "One page per fault; areas are found through the device's inode.", UPSTREAM,
     "fault_vs_disable", "clean"},
    {"remap_unlocked", "F0", "The area is listed under vma_lock and mapped after it was dropped.",
     "11c4cd07ba11, abafbc551fdd", "concurrent_faults", "kernel-bug"},
    {"remap_locked", "F1", "vma_lock reaches around the mapping as well.", SEED,
     "concurrent_faults", "kernel-bug"},
    {"skip_listed", "F1e", "The same, and an area that is listed is left alone.", SEED,
     "fault_after_failure", "livelock"},
    {"insert_all", "F2",
     "Every page of the area is inserted by itself, under vma_lock; listed once. Sound.",
     "[PATCH v2] vfio/pci: Handle concurrent vma faults (2021-03)", "concurrent_faults", "clean"},
    {"skip_tracked", "F3", "An area that is listed is left alone; nothing is zapped on failure.",
     SEED, "listed_fault_vs_disable", disabled},
    {"zap_on_add", "F3a",
     "A fault that cannot list the area takes back what it has mapped. Sound if a remap that fails "
     "does, too.",
     OURS, "partial_remap", "clean"},
    {"zap_on_failure", "F4",
     "The same, and a fault that fails takes back what it has mapped. Sound.", "6a45ece4c9af",
     "listed_fault_vs_disable", "clean"},
    {"fork_opens_first", "F4f",
     "The same in a kernel whose fork opens the child's area before it copies what is mapped.",
     "6.1.192", "fault_vs_fork", disabled},
    {"prefill", "F5", "The page is inserted, then the rest of the area as far as it goes. Sound.",
     "aac6db75a9fc, d71a989cf5d9", "fault_vs_fork", "clean"},
};
constexpr knob_value vfio_pci_fault_check[] = {
    {"locked", "F6hs", "A fault looks whether memory is enabled under memory_lock.", UPSTREAM,
     "fault_vs_disable", "clean"},
    {"before_lock", "F6h", "It looks before it takes memory_lock.", OURS, "fault_vs_disable",
     "data-race"},
    {"lock_dropped", "F6i", "It drops memory_lock between the look and the insertion.", OURS,
     "fault_vs_disable", disabled},
};
constexpr knob_value vfio_pci_zap_bars[] = {
    {"zapped", "44s", "Whoever disables memory takes the BARs out of all processes.",
     "11c4cd07ba11", "fault_vs_disable", "clean"},
    {"left", "44", "What is mapped stays mapped.", "before 11c4cd07ba11 (CVE-2020-12888)",
     "fault_vs_disable", disabled},
};
constexpr knob_value vfio_pci_zap_lock[] = {
    {"locked", "Z1s", "The BARs are zapped under memory_lock.", UPSTREAM, "fault_vs_disable",
     "clean"},
    {"before_lock", "Z1", "They are zapped before memory_lock is taken.", OURS, "fault_vs_disable",
     disabled},
};
constexpr knob_value vfio_pci_zap_vmas[] = {
    {"inner", "Gs", "memory_lock is taken once the list is empty, inside vma_lock.", "abafbc551fdd",
     "fault_vs_munmap", "clean"},
    {"outer", "G", "It is taken first, mmap_lock and vma_lock inside it.", OURS, "fault_vs_munmap",
     "deadlock"},
};
constexpr knob_value remap_pfn_range_error[] = {
    {"zapped", "R0s", "A range that cannot be mapped whole is zapped.", "79a61cc3fc04",
     "partial_remap", "clean"},
    {"left", "R0", "What was mapped before the failure stays.", "before 79a61cc3fc04",
     "partial_remap", "kernel-bug"},
};
constexpr knob_value dup_mmap_link[] = {
    {"before_copy", "45s",
     "The child's area is on the file's list, behind its parent's, when what "
     "is mapped is copied.",
     UPSTREAM, "fault_vs_fork", "clean"},
    {"after_copy", "45", "It gets there afterwards.", OURS, "fault_vs_fork", disabled},
};
constexpr knob_value vfio_pci_iowrite_check[] = {
    {"checked", "44ms", "Reads and writes look under memory_lock whether memory is enabled.",
     "abafbc551fdd", "mmio_vs_disable", "clean"},
    {"unchecked", "44m", "They do not look.", "before abafbc551fdd", "mmio_vs_disable",
     "mmio-while-disabled"},
};
constexpr knob_value vfio_pci_ioeventfd_lock[] = {
    {"trylock", "46s", "The handler tries memory_lock and leaves the write to a thread.",
     "38565c93c8a1", "ioeventfd_vs_disable", "clean"},
    {"sleeps", "46", "It waits for memory_lock, under its waker's spinlock.", "before 38565c93c8a1",
     "ioeventfd_vs_disable", "sleep-in-atomic"},
};
constexpr knob_value vfio_pci_flags[] = {
    {"bytes", "61s", "Flags that change while a device runs have storage of their own.",
     "e73638e55f86", "intx_vs_low_power", "clean"},
    {"bits", "61", "They are bits of one word, under different locks.", "before e73638e55f86",
     "intx_vs_low_power", "data-race"},
};
constexpr knob_value config_write_intx[] = {
    {"after_unlock", "I3c",
     "A write of the command register looks at it again without memory_lock.", UPSTREAM,
     "two_commands", "data-race"},
    {"locked", "I3cs", "memory_lock is dropped afterwards. Sound.", OURS, "two_commands", "clean"},
};

constexpr knob_value copy_huge_pmd_read[] = {
    {"before_locks", "I3h",
     "A fork copies the huge entry that it saw before it had taken the locks.", UPSTREAM,
     "huge_fork_vs_disable", "bar-mapped-while-disabled"},
    {"locked", "I3hs", "It looks again under the locks. Sound.", OURS, "huge_fork_vs_disable",
     "clean"},
};

constexpr knob_value vfio_pci_fault_power[] = {
    {"checked", "L1s", "A fault is refused while its user allows the device to sleep.", UPSTREAM,
     "low_power_vs_touch", "clean"},
    {"unchecked", "L1", "It looks at the power state only, which changes later.", OURS,
     "low_power_vs_touch", disabled},
};
constexpr knob_value vfio_pci_ioeventfd_power[] = {
    {"unheld", "L2", "A write that an eventfd sets off does not keep the device awake.", UPSTREAM,
     "low_power_vs_ioeventfd", "data-race"},
    {"held", "L2s", "It counts as a user of the device, and is left to a thread that wakes it up.",
     OURS, "low_power_vs_ioeventfd", "clean"},
};
constexpr knob_value vfio_device_ioctl_power[] = {
    {"held", "L3s", "The device is awake as long as a call works on it.", "8e5c6995113d",
     "low_power_exit", "clean"},
    {"unheld", "L3", "It may sleep meanwhile.", "before 8e5c6995113d", "low_power_exit",
     "asleep-in-use"},
};

constexpr knob_value vfio_pci_zap_mmput[] = {
    {"async", "45ds", "A process that has lost its last user is taken down by a worker.", OURS,
     "hot_reset_vs_exit", "clean"},
    {"in_place", "45d", "Whoever zaps takes it down, with the vma_locks that he holds.",
     "before aac6db75a9fc", "hot_reset_vs_exit", "recursive-lock"},
};

constexpr knob_value exp_config_write_lock[] = {
    {"locked", "44rs", "A reset by a bit in config space zaps the BARs and holds memory_lock.",
     "abafbc551fdd", "flr_vs_read", "clean"},
    {"unlocked", "44r", "It happens whoever accesses the device.", "before abafbc551fdd",
     "flr_vs_read", "mmio-while-disabled"},
};
constexpr knob_value dup_mmap_file[] = {
    {"counted", "C1s", "A child's area keeps the file open, as its parent's does.", UPSTREAM,
     "close_vs_touch", "clean"},
    {"uncounted", "C1", "It does not.", OURS, "close_vs_touch", disabled},
};
constexpr knob_value disable_power[] = {
    {"unlocked", "C2", "The last close wakes the device up without memory_lock.", UPSTREAM,
     "close_vs_ioeventfd", "data-race"},
    {"locked", "C2s", "It takes memory_lock for that. Sound.", OURS, "close_vs_ioeventfd", "clean"},
};
constexpr knob_value dev_set_reset[] = {
    {"counted", "C3s", "A device that could not be reset has its bus reset once none is open.",
     UPSTREAM, "close_vs_reopen", "clean"},
    {"uncounted", "C3", "Its last close resets the bus whoever has another device open.", OURS,
     "close_vs_reopen", "mmio-while-disabled"},
};
constexpr knob_value suspend_intx[] = {
    {"masked", "L4s", "INTx is masked while the device sleeps, if its user has not masked it.",
     "4813724c4b76", "intx_vs_suspend", "clean"},
    {"left", "L4", "It is left as it is.", "before 4813724c4b76", "intx_vs_suspend",
     "intx-mask-lost"},
    {"unmasked", "L5", "A wake-up unmasks it whoever has masked it.", OURS, "intx_vs_suspend",
     "intx-mask-lost"},
};

constexpr knob_info knob_table[] = {
    {"vfio_pci.fault", "How a fault maps a BAR, and how areas that map it are found.",
     vfio_pci_fault, 0},
    {"vfio_pci_fault.check", "What a fault holds when it looks whether memory is enabled.",
     vfio_pci_fault_check, 0},
    {"vfio_pci_zap.bars", "What becomes of mappings when memory is disabled.", vfio_pci_zap_bars,
     0},
    {"vfio_pci_zap.lock", "What is held when the BARs are zapped.", vfio_pci_zap_lock, 0},
    {"vfio_pci_zap.vmas", "Where memory_lock is taken when a device lists its areas.",
     vfio_pci_zap_vmas, 0},
    {"remap_pfn_range.error", "What a mapping of a range that fails leaves behind.",
     remap_pfn_range_error, 0},
    {"dup_mmap.link", "When a fork links the child's area to the file.", dup_mmap_link, 0},
    {"vfio_pci_iowrite.check", "Whether accesses through the file ask if memory is enabled.",
     vfio_pci_iowrite_check, 0},
    {"vfio_pci_ioeventfd.lock", "How an eventfd's handler gets memory_lock.",
     vfio_pci_ioeventfd_lock, 0},
    {"vfio_pci_core_device.flags", "How flags are stored.", vfio_pci_flags, 0},
    {"vfio_basic_config_write.intx", "What is held when INTx is masked or unmasked.",
     config_write_intx, 1},
    {"copy_huge_pmd.read", "When a fork reads the huge entry of a device's memory that it copies.",
     copy_huge_pmd_read, 1},
    {"vfio_pci_fault.power", "Whether a fault asks if the device may sleep.", vfio_pci_fault_power,
     0},
    {"vfio_pci_ioeventfd.power", "What keeps a device awake that an eventfd writes to.",
     vfio_pci_ioeventfd_power, 1},
    {"vfio_device_ioctl.power", "What keeps a device awake that a call works on.",
     vfio_device_ioctl_power, 0},
    {"vfio_pci_zap.mmput", "How a zap of listed areas lets go of a process.", vfio_pci_zap_mmput,
     0},
    {"vfio_exp_config_write.lock", "What is held when a bit in config space resets the device.",
     exp_config_write_lock, 0},
    {"dup_mmap.file", "Whether a forked area is a user of its file.", dup_mmap_file, 0},
    {"vfio_pci_core_disable.power", "What is held when a device that is closed is woken up.",
     disable_power, 1},
    {"vfio_pci_dev_set_needs_reset.open", "Whether a close that resets the bus asks who is left.",
     dev_set_reset, 0},
    {"vfio_pci_runtime_suspend.intx", "What becomes of INTx when a device falls asleep.",
     suspend_intx, 0},
};
static_assert(std::size(knob_table) == knob::vfio_pci_count - knob::vfio_pci_before - 1);

constexpr limit_info limit_table[] = {
    {"huge_pfnmap", "Entries map one page of a device; from 1 on also two, from 2 on also four.", 0,
     0, 2},
    {"access_repeats", "Whether an access that faulted is made again until it succeeds or fails.",
     0, 0, 1},
    {"runtime_pm", "Whether devices are suspended when nobody uses them.", 0, 0, 1},
    {"device_close", "Whether files of devices can be closed: calls and areas are their users.", 0,
     0, 1},
    {"intx", "Whether devices have INTx that can be masked.", 0, 0, 1},
};
static_assert(std::size(limit_table) == limit::vfio_pci_count - limit::vfio_pci_before - 1);

constexpr invariant_info invariant_table[] = {
    {"bar-mapped-while-disabled", "I3.2",
     "A process maps the BAR of a device whose memory is disabled or that may sleep.",
     "when a page is mapped, a process has been forked, memory_lock is dropped, and the device is "
     "reset or closed"},
    {"bar-not-tracked", "I3.3",
     "An area that is mapped is not listed once, or one that has gone is.",
     "when a fault is done, and at the end"},
    {"bar-half-mapped", "I3.4", "A fault that maps all or nothing has mapped a part.",
     "when a fault is done and nobody holds vma_lock"},
    {"fault-refused", "I3.5", "A fault on enabled memory ended in SIGBUS for no reason.",
     "when a fault is done"},
    {"mmio-while-disabled", "I3.7", "The kernel accessed a BAR whose memory is disabled.",
     "when the device gets the access"},
    {"asleep-in-use", "I3.8", "A device sleeps though its user has not allowed it.",
     "when memory_lock is dropped"},
    {"intx-mask-lost", "I3.9",
     "INTx is unmasked while its device sleeps, or its user has masked it.",
     "when a device falls asleep and when it wakes up"},
};

constexpr probe_info probe_table[] = {
    {"fault_refused", "A fault found memory disabled.", false},
    {"fault_found_page", "A fault found its page mapped already.", false},
    {"fault_out_of_memory", "A fault found no memory.", true},
    {"fault_met_tracked", "A fault found its area listed already.", false},
    {"fault_unwound", "A fault failed half-way.", true},
    {"bars_zapped", "All processes lost a device's BARs.", false},
    {"vmas_zapped", "A process lost the areas that a device had listed.", false},
    {"vma_of_dead_process", "A listed area belonged to a process that was about to go.", true},
    {"hot_reset_busy", "A hot reset met a lock that was held.", true},
    {"mmio_refused", "A read or write found memory disabled.", false},
    {"ioeventfd_deferred", "An eventfd's write was left to a thread.", false},
    {"process_gone", "A process lost its last user.", false},
    {"fork_unwound", "A fork found no memory and was undone.", true},
    {"vma_split", "An area became two.", false},
    {"huge_entry_split", "A part of what a huge entry maps was taken away.", false},
    {"huge_entry_copied", "A fork copied a huge entry.", false},
    {"device_suspended", "A device fell asleep.", false},
    {"device_resumed", "A device woke up.", false},
    {"power_change_awaited", "Somebody who needs the device met one who changes its state.", true},
    {"wake_up_told", "A device that woke up has told its user.", false},
    {"device_closed", "The last user of a device's file has gone.", false},
    {"closed_by_an_area", "That was an area that mapped it.", false},
    {"function_reset", "A device was reset.", false},
    {"bus_reset_by_close", "The last close of all reset the bus.", false},
};
static_assert(std::size(probe_table) == probe::vfio_pci_count - probe::vfio_pci_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return limit_table; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::vfio_pci_tables
