// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. The hardware under all flows; flows are in
// hw.flows.cc.
#include "model/hw/hw_tables.h"
#include "model/hw/knobs.h"

namespace iorace::kern::hw_tables {
namespace {

#define UPSTREAM "6.12.117"
#define OURS "ours"

constexpr knob_value increase_address_space_seqcount_values[] = {
    {"written", "N31s", "Root and levels are read and written under a seqcount.", "1e56310b40fd",
     "grow_unmap", "clean"},
    {"none", "N31", "An unmap may read a new root with the old number of levels.",
     "before 1e56310b40fd", "grow_unmap", "kernel-warn"},
};
constexpr knob_value completion_wait_shared_values[] = {
    {"awaited", "N2s", "It waits for the last number.", "CVE-2026-68329", "amd_unmap_unmap",
     "clean"},
    {"not_awaited", "N2", "It takes what is queued for done.", "before CVE-2026-68329",
     "amd_unmap_unmap", "wait-returned-early"},
};
constexpr knob_value completion_wait_sequence_values[] = {
    {"under_lock", "N29s", "Under the lock of the command buffer.", "9e249c484128",
     "amd_unmap_unmap", "clean"},
    {"atomic", "N29", "Before it takes the lock: numbers may be queued in another order.",
     "before 9e249c484128", "amd_unmap_unmap", "completion-goes-backwards"},
};
constexpr knob_value qi_submit_wait_values[] = {
    {"polled", "H10s", "Its wait descriptor.", UPSTREAM, "dma_unmap", "clean"},
    {"none", "H10", "Nothing: what is queued is taken for done.", OURS, "dma_unmap",
     "wait-returned-early"},
};
constexpr knob_value iotlb_sync_order_values[] = {
    {"flush_first", "H2s", "It invalidates, then frees table pages.", UPSTREAM, "unmap_tables",
     "clean"},
    {"tables_first", "H4", "It frees table pages, then invalidates.", OURS, "unmap_tables",
     "table-freed-in-use"},
    {"no_flush", "H2", "It frees table pages and invalidates nothing.", OURS, "dma_unmap",
     "stale-translation"},
};
constexpr knob_value cache_tag_assign_order_values[] = {
    {"iotlb_first", "H8s", "The IOTLB before device TLBs.", UPSTREAM, "ats_unmap", "clean"},
    {"devtlb_first", "H8", "A device may ask again before the IOTLB has been invalidated.", OURS,
     "ats_unmap", "stale-translation"},
};
constexpr knob_value attach_order_values[] = {
    {"tags_last", "c22a", "Once it can translate: what is unmapped until then is not invalidated.",
     UPSTREAM, "attach_unmap", "stale-translation"},
    {"tags_first", "c22as", "Before its entry is present. Sound.", OURS, "attach_unmap", "clean"},
};
constexpr knob_value block_translation_order_values[] = {
    {"tags_first", "c22d", "Before its entry goes: what is unmapped until then is not invalidated.",
     UPSTREAM, "detach_unmap", "stale-translation"},
    {"ats_first", "N42",
     "When ATS is off: the tag of its device TLB stays, and outlives the device.",
     "before CVE-2024-56669", "ats_release_unmap", "use-after-free"},
    {"entry_first", "c22ds", "Once hardware has forgotten its entry. Sound.", OURS, "detach_unmap",
     "clean"},
};
constexpr knob_value pasid_entry_replace_values[] = {
    {"torn_down", "N27s", "It is made not present, invalidated, and set up anew.", "CVE-2026-45945",
     "pasid_replace", "clean"},
    {"in_place", "N27", "It is overwritten while hardware reads it.", "before CVE-2026-45945",
     "pasid_replace", "torn-translation"},
};
constexpr knob_value queue_iova_counter_values[] = {
    {"start", "FQ1s", "One that has not begun yet.", UPSTREAM, "fq_reuse", "clean"},
    {"finish", "FQ1", "One that has not ended yet.", OURS, "fq_reuse", "iova-reused-stale"},
};
constexpr knob_value queue_iova_barrier_values[] = {
    {"full", "FQ2s", "Entries are cleared first.", UPSTREAM, "fq_reuse", "clean"},
    {"missing", "FQ2", "The counter is read first.", OURS, "fq_reuse", "iova-reused-stale"},
};
constexpr knob_value queue_iova_full_values[] = {
    {"finished", "c19",
     "It flushes and frees what flushes have ended for: nothing, if one that began before has not.",
     UPSTREAM, "fq_wrap", "iova-lost"},
    {"flushed_last", "FQ8", "It frees what flushes have ended for, and flushes then.", OURS,
     "fq_wrap", "iova-lost"},
    {"own_flush", "c19s", "It flushes and frees all. Sound: all was unmapped before.", OURS,
     "fq_wrap", "clean"},
};
constexpr knob_value fq_ring_free_compare_values[] = {
    {"less", "FQ3s", "Those that a later flush has ended for.", UPSTREAM, "fq_reuse", "clean"},
    {"less_or_equal", "FQ3", "Those of the flush that has just ended, too.", OURS, "fq_reuse",
     "iova-reused-stale"},
};
constexpr knob_value free_fq_timer_values[] = {
    {"deleted", "FQ4s", "It is deleted, and its handler waited for.", UPSTREAM, "fq_free", "clean"},
    {"left_armed", "FQ4", "It goes off later.", OURS, "fq_free", "use-after-free"},
};
constexpr knob_value put_cookie_order_values[] = {
    {"queue_first", "FQ5s", "The flush queue and its timer.", "d7061627d701", "fq_free", "clean"},
    {"space_first", "FQ5", "The IOVA space: the timer may give an IOVA back to it.",
     "before d7061627d701", "fq_free", "use-after-free"},
};
constexpr knob_value init_domain_lock_values[] = {
    {"mutex", "FQ6s", "The mutex of the cookie, around look and initialisation.", "ac9a5d522bb8",
     "init_domain", "clean"},
    {"none", "FQ6", "Nothing: both may find that it has to be done.", "before ac9a5d522bb8",
     "init_domain", "data-race"},
};
constexpr knob_value init_domain_failed_values[] = {
    {"initialised", "FQ9", "It counts as initialised, and has nothing to allocate IOVAs from.",
     UPSTREAM, "init_domain_again", "kernel-bug"},
    {"uninitialised", "FQ9s", "Whoever comes next initialises it. Sound.", OURS,
     "init_domain_again", "clean"},
};
constexpr knob_value init_fq_publish_values[] = {
    {"last", "FQ7s", "When it is complete.", UPSTREAM, "fq_upgrade", "clean"},
    {"first", "FQ7", "Before it is set up.", OURS, "fq_upgrade", "kernel-bug"},
};
constexpr knob_value rcache_get_lock_values[] = {
    {"cpu_rcache", "IO1s", "The lock of the CPU's cache.", UPSTREAM, "iova_cpu", "clean"},
    {"none", "IO1", "Nothing: whoever was there before it moved may be in the same magazine.", OURS,
     "iova_cpu", "data-race"},
};
constexpr knob_value rcache_flush_lock_values[] = {
    {"cpu_rcache", "IO7s", "The lock of that CPU's cache.", UPSTREAM, "iova_flush", "clean"},
    {"none", "IO7", "The lock of the tree alone.", OURS, "iova_flush", "data-race"},
};
constexpr knob_value depot_push_lock_values[] = {
    {"rcache", "IO2s", "The lock of the depot, inside that of the CPU's cache.", UPSTREAM,
     "iova_depot", "clean"},
    {"none", "IO2", "The lock of the CPU's cache alone.", OURS, "iova_depot", "data-race"},
};
constexpr knob_value depot_pop_unlink_values[] = {
    {"unlinked", "IO3s", "It leaves the depot.", UPSTREAM, "iova_depot", "clean"},
    {"kept", "IO3", "It stays there, too: another CPU may load it.", OURS, "iova_depot",
     "iova-in-two-places"},
};
constexpr knob_value free_rcaches_work_values[] = {
    {"cancelled", "IO4s", "It is cancelled and waited for, before the depot goes.", UPSTREAM,
     "iova_free", "clean"},
    {"cancelled_last", "IO4", "It is when the depot has gone, which no lock protects by then.",
     OURS, "iova_free", "data-race"},
    {"left", "IO5", "It goes on.", OURS, "iova_free", "use-after-free"},
};
constexpr knob_value magazine_free_null_values[] = {
    {"freed", "IO6", "An exception: caches that are half made cannot be freed.",
     "iommu/iova: use named kmem_cache for iova magazines (2024)", "init_domain_again",
     "kernel-bug"},
    {"ignored", "IO6s", "Nothing, as kfree() does. Sound.", "before that cache",
     "init_domain_again", "clean"},
};

constexpr knob_value qi_check_fault_aborted_values[] = {
    {"restarts", "IT1s", "They are queued again.", UPSTREAM, "stall_unmap", "clean"},
    {"gives_up", "IT1", "Nothing: they count as done.", OURS, "stall_unmap", "stale-translation"},
};
constexpr knob_value qi_check_fault_absent_values[] = {
    {"ends_any", "IT2",
     "Whoever has seen it: what they were to invalidate, of any device, may be there still.",
     UPSTREAM, "unplug_unmap", "stale-translation"},
    {"drops_its", "IT2s",
     "Nobody's: those that were aborted are queued again, without what the device was asked. "
     "Sound.",
     OURS, "unplug_unmap", "clean"},
};

constexpr knob_value attach_unwind_values[] = {
    {"drops_tags", "H2u", "Those of its domain: the IOTLB's, which another device has.", UPSTREAM,
     "attach_failing_unmap", "stale-translation"},
    {"keeps_tags", "H2us", "Nobody's. Sound.", OURS, "attach_failing_unmap", "clean"},
};

constexpr knob_info knob_table[] = {
    {"increase_address_space.seqcount", "What orders a walk and the growth of the tree.",
     increase_address_space_seqcount_values, 0},
    {"completion_wait.shared", "What an AMD completion wait does when another CPU has queued one.",
     completion_wait_shared_values, 0},
    {"completion_wait.sequence", "When an AMD completion wait takes its number.",
     completion_wait_sequence_values, 0},
    {"qi_submit.wait", "What a submission of invalidations waits for.", qi_submit_wait_values, 0},
    {"iotlb_sync.order", "What an unmap does between clearing entries and returning.",
     iotlb_sync_order_values, 0},
    {"cache_tag_assign.order", "The order of tags, and so of invalidations.",
     cache_tag_assign_order_values, 0},
    {"attach.order", "When a device that is attached gets its cache tags.", attach_order_values, 1},
    {"block_translation.order", "When a device that is detached loses its cache tags.",
     block_translation_order_values, 2},
    {"pasid_entry.replace", "How a PASID entry that is in use is changed.",
     pasid_entry_replace_values, 0},
    {"queue_iova.counter", "Which flush an entry of the flush queue waits for.",
     queue_iova_counter_values, 0},
    {"queue_iova.barrier", "What orders clearing entries and reading the counter of flushes.",
     queue_iova_barrier_values, 0},
    {"queue_iova.full", "What makes room in a flush queue that is full.", queue_iova_full_values,
     2},
    {"fq_ring_free.compare", "Which entries of the flush queue may go.",
     fq_ring_free_compare_values, 0},
    {"free_fq.timer", "What becomes of the timer when a flush queue goes.", free_fq_timer_values,
     0},
    {"put_cookie.order", "What goes first with a domain of the DMA API.", put_cookie_order_values,
     0},
    {"init_domain.lock", "What excludes two probes that initialise a domain.",
     init_domain_lock_values, 0},
    {"init_domain.failed", "What a domain is that there was no memory to initialise.",
     init_domain_failed_values, 1},
    {"init_fq.publish", "When a strict domain that becomes lazy shows its flush queue.",
     init_fq_publish_values, 0},
    {"rcache_get.lock", "What a CPU takes an IOVA out of its magazines under.",
     rcache_get_lock_values, 0},
    {"rcache_flush.lock", "What the magazines of another CPU are emptied under.",
     rcache_flush_lock_values, 0},
    {"depot_push.lock", "What a full magazine is put into the depot under.", depot_push_lock_values,
     0},
    {"depot_pop.unlink", "What becomes of a magazine of the depot that a CPU loads.",
     depot_pop_unlink_values, 0},
    {"free_rcaches.work", "What becomes of the work that trims the depot when the caches go.",
     free_rcaches_work_values, 0},
    {"magazine_free.null", "What freeing a magazine comes to that there was no memory for.",
     magazine_free_null_values, 1},
    {"qi_check_fault.aborted", "What becomes of commands whose wait a time-out has aborted.",
     qi_check_fault_aborted_values, 0},
    {"qi_check_fault.absent", "Whose commands end with the time-out of a device that is gone.",
     qi_check_fault_absent_values, 1},
    {"attach.unwind", "Whose cache tags an attach gives back that had no memory for its own.",
     attach_unwind_values, 1},
};
static_assert(std::size(knob_table) == knob::hw_count - knob::hw_before - 1);

constexpr limit_info limit_table[] = {
    {"fq_size", "Slots of a flush queue, one of which stays empty.", 256, 2, 32768},
    {"online_cpus", "CPUs that IOVAs are cached for; a task is one by its number.", 4, 1, 64},
    {"iova_rcache_sizes", "Sizes of IOVAs that are cached: so many powers of two.", 6, 1, 6},
    {"iova_mag_size", "IOVAs of a full magazine.", 127, 1, 127},
    {"device_timeouts", "Devices may be unplugged, or be late to drop what they have cached (1).",
     0, 0, 1},
};
static_assert(std::size(limit_table) == limit::hw_count - limit::hw_before - 1);

constexpr invariant_info invariant_table[] = {
    {"freed-page-reachable", "H1", "A device can reach a page that was freed or is not pinned.",
     "when a page is freed, a leaf is written, an entry is made present, a device has translated"},
    {"stale-translation", "H2", "An unmap returned and a TLB still had what it unmapped.",
     "when a strict unmap has returned"},
    {"iova-reused-stale", "H3", "An IOVA was handed out while a TLB had a translation of it.",
     "when an IOVA is allocated"},
    {"table-freed-in-use", "H4", "A table page was freed while hardware could walk it.",
     "when a table page is freed"},
    {"root-freed-in-use", "H5", "The entry of a device named a page table that was freed.",
     "when a page table is freed, and when an entry is made present"},
    {"torn-translation", "H6", "A device translated by what no driver had put together.",
     "when hardware has fetched an entry, and when an attach returns"},
    {"blocked-device-access", "H7", "A device that was blocked reached memory.",
     "when a device has translated"},
    {"devtlb-filled-late", "H8", "A device TLB got an answer older than its invalidation.",
     "when a device fills in an answer"},
    {"wait-returned-early", "H10", "A wait returned before the commands that it waited for.",
     "when a wait for commands returns"},
    {"completion-goes-backwards", "H10b", "A wait command stored a lower number than before.",
     "when a wait command stores its number"},
    {"iova-lost", "H13", "An IOVA was neither free nor queued, and nobody had it.",
     "when an unmap has queued its IOVA"},
    {"iova-in-two-places", "H14",
     "An IOVA was in somebody's hands, in a magazine or in the ring, and somewhere else, too.",
     "when an IOVA is handed out, when an IOVA space goes"},
};

constexpr probe_info probe_table[] = {
    {"dma_done", "A device reached memory.", false},
    {"dma_faulted", "A device found nothing mapped.", false},
    {"dma_blocked", "A device had no entry.", false},
    {"pgtable_grew", "A page table got a level more.", false},
    {"pgtable_grew_under_walk", "It did while somebody walked it.", true},
    {"entry_cache_hit", "A device's entry was cached.", false},
    {"paging_cache_hit", "A table page was cached.", false},
    {"iotlb_hit", "The IOTLB had the translation.", false},
    {"devtlb_hit", "The device had it itself.", false},
    {"flush_without_tags", "A flush found no cache of its domain.", false},
    {"completion_wait_shared", "A completion wait found that another CPU had queued one.", false},
    {"fq_queued", "An unmap left invalidation to the flush queue.", false},
    {"fq_full", "The flush queue was full.", false},
    {"fq_entry_freed", "An entry left the flush queue.", false},
    {"fq_timed_out", "The timer of a flush queue went off.", false},
    {"init_domain_again", "A domain had been initialised already.", false},
    {"depot_pushed", "A full magazine went to the depot.", false},
    {"depot_popped", "A CPU loaded a magazine of the depot.", false},
    {"depot_trimmed", "A magazine of the depot went back to the tree.", false},
    {"rcache_flushed", "All caches were flushed because the tree had no room.", false},
    {"inv_timed_out", "A device did not answer an invalidation.", false},
    {"inv_restarted", "Commands that had been aborted were queued again.", false},
};
static_assert(std::size(probe_table) == probe::hw_count - probe::hw_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return limit_table; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::hw_tables
