// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's tables, in the order of knobs.h. I/O page faults; flows are in iopf.flows.cc.
#include "model/iopf/iopf_tables.h"
#include "model/iopf/knobs.h"
#include "model/iopf/page_request.h"

namespace iorace::kern::iopf_tables {
namespace {

#define UPSTREAM "6.12.117"
#define OURS "ours"
#define THREAD "lore 20230825023026.132919-10"

constexpr knob_value iopf_locking_values[] = {
    {"dequeues", "E9", "A group that a user is given is not pending any more.", "738e6f32e61d",
     "page_request_drain", "clean"},
    {"three_locks", "E1/P1",
     "Partial requests under one lock where they are added, another where they are dropped.",
     "5.13 to 6.8", "report_vs_discard", "data-race"},
    {"asserts", "E2", "A detach looks at both lists, under a third lock.", THREAD,
     "report_vs_assert", "data-race"},
    {"both_locks", "E3/P9", "The device's lock is held across a flush, and a response wants it.",
     "cc7338e9d807", "page_request_drain", "deadlock"},
    {"refcounted", "E4", "References keep the fault data.", "a74c077b9021", "page_request_close",
     "clean"},
    {"plain_pointer", "P8s",
     "Nothing keeps the fault data; page requests are disabled once nothing is bound.",
     "a74c077b9021 without its count", "page_request_close", "clean"},
    {"plain_pointer_early", "P8",
     "The same, and they are disabled before a PASID is drained, as when it is detached.",
     "a74c077b9021 without its count", "page_request_close", "use-after-free"},
    {"answers_copies", "E5", "A removal answers what is pending.", "0095bf83554f",
     "page_request_close", "clean"},
    {"links_groups", "E6", "Groups are pending themselves; a removal answers them.", "199112327135",
     "disable_cancels", "leak"},
    {"handles", "E7", "The same, and a group without memory is answered like any other.", "6.11",
     "disable_cancels", "leak"},
    {"frees_groups", "E8/P12", "A removal frees groups that others still have.",
     "9759ae2cee7c, CVE-2026-74520", "fault_serve_vs_disable", "use-after-free"},
    {"counted", "E4p",
     "As refcounted, with a count under the device's lock, taken by each response.", THREAD,
     "page_request_close", "clean"},
};
constexpr knob_value assert_values[] = {
    {"never", "P2s", "What is pending is drained by the driver.", UPSTREAM, "page_request_drain",
     "clean"},
    {"before_detach", "P2", "It warns of requests that the driver has not drained yet.", THREAD,
     "page_request_drain", "kernel-warn"},
};
constexpr knob_value match_values[] = {
    {"grpid", "c21", "Its index: a request of another PASID may join the group.", UPSTREAM,
     "shared_index", "group-mixed"},
    {"grpid_and_pasid", "c21s", "Its index and its PASID.", OURS, "shared_index", "clean"},
};
constexpr knob_value failure_values[] = {
    {"aborts", "P18s", "Partial requests of it go with it.", "6.11", "group_without_memory",
     "clean"},
    {"leaves_partial", "P18", "Partial requests of it are left, and join a later group.", OURS,
     "group_without_memory", "request-left-behind"},
};
constexpr knob_value accepted_values[] = {
    {"returns", "P15s", "It is the handler's.", "fca5b78511e9", "page_request_drain", "clean"},
    {"falls_through", "P15", "It is aborted as well.", "before fca5b78511e9, CVE-2024-44994",
     "page_request_drain", "request-answered-twice"},
};
constexpr knob_value remove_partial_values[] = {
    {"left_linked", "P19s", "Freed, and left on the list: nobody reports any more.", UPSTREAM,
     "report_vs_close", "clean"},
    {"left_linked_early", "P19", "The same, while a report may have the list.", OURS,
     "report_vs_close", "use-after-free"},
};
constexpr knob_value lookup_values[] = {
    {"to_report", "N17s", "Until the request has been reported.", "def054b01a86",
     "report_vs_release", "clean"},
    {"alone", "N17", "While it looks for the device.", "before def054b01a86, CVE-2024-35843",
     "report_vs_release", "data-race"},
};
constexpr knob_value overflow_values[] = {
    {"discarded", "P23s", "Dropped: their last request may have been thrown away.", UPSTREAM,
     "prq_overflow", "clean"},
    {"kept", "P23", "Kept, until a later group has their index.", OURS, "prq_overflow",
     "request-left-behind"},
};
constexpr knob_value drain_partial_values[] = {
    {"left", "Q1", "It leaves partial requests whose last one never came.", UPSTREAM, "pasid_reuse",
     "wrong-address-space"},
    {"swept", "Q1s", "It drops those of the PASID.", THREAD, "pasid_reuse", "clean"},
    {"swept_to_another", "P3", "It drops them up to the first one of another PASID.", THREAD,
     "pasid_reuse_behind_another", "wrong-address-space"},
};
constexpr knob_value response_lock_values[] = {
    {"none", "P10s", "Nothing that a drain holds.", "6ef0505158f7", "page_request_drain", "clean"},
    {"pasid_mutex", "P10", "The mutex that a drain holds while it waits for responses.",
     "before 6ef0505158f7", "page_request_drain", "deadlock"},
};
constexpr knob_value close_values[] = {
    {"unbinds_first", "P13s", "Once nothing is bound and all is drained.", "f0b9d31c6edd",
     "page_request_close", "clean"},
    {"disables_first", "P13", "Before it unbinds: what is pending is freed under its worker.",
     "before f0b9d31c6edd, CVE-2025-38594", "page_request_close", "use-after-free"},
};
constexpr knob_value stop_values[] = {
    {"before_unbind", "Q2s", "It stops the device before it unbinds.", UPSTREAM,
     "request_vs_unbind", "clean"},
    {"never", "Q2", "The device goes on.", OURS, "request_vs_unbind", "request-left-behind"},
};
constexpr knob_value disable_values[] = {
    {"unbound", "Q3s", "While nothing is bound.", UPSTREAM, "disable_unbound", "clean"},
    {"any_time", "Q3", "At any time.", OURS, "disable_unbound", "use-after-free"},
};
constexpr knob_value response_pasid_values[] = {
    {"refused", "P17a", "The request's; devices that want none are refused.", UPSTREAM,
     "page_request_drain", "clean"},
    {"as_required", "P17s", "The request's, if the device wants it.", THREAD,
     "no_pasid_in_response", "clean"},
    {"as_requested", "P17", "The request's, whether the device wants it or not.", "before 6.7",
     "no_pasid_in_response", "response-pasid-wrong"},
};

constexpr knob_value detach_values[] = {
    {"auto_response", "P5s/P20s",
     "It answers all groups of the device, and does not wait for the user.", UPSTREAM,
     "fault_unanswered", "clean"},
    {"flush_only", "P5", "It waits for workers, as if those would answer.", THREAD,
     "fault_unanswered", "request-unanswered"},
    {"awaits_user", "P20", "It waits for the user, and answers what is left if he is killed.",
     THREAD, "fault_unanswered", "hung-task"},
};
constexpr knob_value error_values[] = {
    {"goes_on", "P4s", "The others are answered all the same.", UPSTREAM, "fault_two_groups",
     "clean"},
    {"stops", "P4", "The others are left.", THREAD, "fault_two_groups", "request-unanswered"},
};
constexpr knob_value replace_values[] = {
    {"old_hwpt", "P14s", "Those of the page table that goes.", UPSTREAM, "fault_replace", "clean"},
    {"new_hwpt", "P14", "Those of the page table that comes, which has none of them.",
     "before ba5c0f28a26e", "fault_replace", "request-left-behind"},
};
constexpr knob_value deliver_values[] = {
    {"spinlock", "P16s", "A spinlock of its own.", "3d49020a327c", "fault_read_vs_request",
     "clean"},
    {"mutex", "P16", "The mutex that readers hold while they copy to their users.",
     "before 3d49020a327c", "fault_read_vs_request", "interrupt-stalled"},
};
constexpr knob_value read_values[] = {
    {"whole_groups", "P24s", "The group is put back, and nothing of it counts.", UPSTREAM,
     "fault_read_group", "clean"},
    {"messages", "P24", "The group is put back, but what was copied counts.", "before 6.12.117",
     "fault_read_group", "group-torn"},
    {"drops_group", "P24d", "The group is lost.", "before 3d49020a327c", "fault_read_group",
     "request-unanswered"},
};
constexpr knob_value match_cookie_values[] = {
    {"cookie", "P7c", "Its cookie, the lowest that is free: another group may have it next.",
     UPSTREAM, "fault_late_answer", "answer-misplaced"},
    {"fresh_cookie", "P7s", "Its cookie, which no group has had before.", OURS, "fault_late_answer",
     "clean"},
    {"index", "P7", "Its index, which the device uses again.", THREAD, "fault_late_answer",
     "answer-misplaced"},
};
constexpr knob_value release_values[] = {
    {"reads_first", "P21s", "Before it drops its user of the object.", UPSTREAM,
     "fault_close_vs_destroy", "clean"},
    {"reads_last", "P21", "After it has dropped it.", "before 6.12.117", "fault_close_vs_destroy",
     "use-after-free"},
};
constexpr knob_value abort_values[] = {
    {"fput_sync", "P22s", "At once.", "4e034bf045b1", "fault_alloc_fails", "clean"},
    {"fput", "P22", "On the way back to user mode: the object is gone by then.",
     "before 4e034bf045b1, CVE-2025-39966", "fault_alloc_fails", "use-after-free"},
};
constexpr knob_value trigger_values[] = {
    {"iopf_rwsem", "P11s", "What keeps domains out meanwhile.", "8c07df7cdfcf",
     "trigger_vs_replace", "clean"},
    {"none", "P11", "Nothing: handle and domain may go.", "before 8c07df7cdfcf, CVE-2026-89445",
     "trigger_vs_replace", "use-after-free"},
};
constexpr knob_value block_values[] = {
    {"drains", "c26s", "It waits for what was requested before.", "c43e1ccdebf2",
     "request_vs_detach", "clean"},
    {"blocks_only", "c26", "It does not.", "before c43e1ccdebf2", "request_vs_detach",
     "request-unanswered"},
};
constexpr knob_value waits_values[] = {
    {"requests", "P6s", "Requests that are on their way.", UPSTREAM, "fault_unanswered", "clean"},
    {"answers", "P6", "And answers, which come only once it is over.", THREAD, "fault_unanswered",
     "deadlock"},
};
constexpr knob_value again_values[] = {
    {"once", "c27", "Before: a request of the new domain may still find the old handle.", UPSTREAM,
     "request_vs_replace", "request-left-behind"},
    {"again", "c27s", "And once more when the new handle can be found.", OURS, "request_vs_replace",
     "clean"},
};
constexpr knob_value drains_values[] = {
    {"none", "c20", "Nothing: one may take back what another waits for.", UPSTREAM,
     "unbind_vs_fault_detach", "deadlock"},
    {"per_iommu", "c20s", "A mutex of the IOMMU, whose completion they wait for.", OURS,
     "unbind_vs_fault_detach", "clean"},
};
constexpr knob_value attach_group_values[] = {
    {"first_device", "c28",
     "The first that is attached; the last that is detached has them disabled.", UPSTREAM,
     "fault_group", "kernel-warn"},
    {"each_device", "c28e", "Each; a message names the first one, whoever has sent the request.",
     OURS, "fault_misnamed", "device-misnamed"},
    {"alone", "c28s", "One: a second one is refused.", OURS, "fault_group", "clean"},
};
constexpr knob_value unbind_values[] = {
    {"last_of_group", "c29",
     "The last of its group: what another has requested is under way when its driver disables it.",
     UPSTREAM, "group_close", "request-unanswered"},
    {"each_device", "c29s", "Each device, before page requests of it may be disabled.", OURS,
     "group_close", "clean"},
};
constexpr knob_value enabled_values[] = {
    {"none", "c30", "Nothing: a drain for another device of the group reads it.", UPSTREAM,
     "group_enable", "data-race"},
    {"group_mutex", "c30s", "The mutex of the group, which drains hold.", OURS, "group_enable",
     "clean"},
};

constexpr knob_value removed_values[] = {
    {"nothing", "Q4s", "It is taken off the list of devices, under the queue's lock.", UPSTREAM,
     "release_beside_another", "clean"},
    {"itself", "Q4", "It stays on the list, and is freed.", OURS, "release_beside_another",
     "use-after-free"},
};

constexpr knob_value pasid_drain_values[] = {
    {"drains", "DR1s", "What has been requested for it is reported and handled before it goes.",
     UPSTREAM, "request_vs_unbind", "clean"},
    {"none", "DR1", "It goes, whatever is on its way.", OURS, "request_vs_unbind",
     "request-unanswered"},
};

constexpr knob_value release_pasid_values[] = {
    {"left", "Q5", "Theirs still: their process finds the device, which has gone, when it ends.",
     UPSTREAM, "exit_vs_release", "data-race"},
    {"taken", "Q5s", "They are taken from it before it goes.", OURS, "exit_vs_release", "clean"},
};

constexpr knob_value flush_pending_values[] = {
    {"left", "P7fs", "It leaves them to those who have them.", UPSTREAM, "flush_vs_late_answer",
     "clean"},
    {"answered", "P7f", "It answers them; an answer that is late finds nothing, or another one.",
     THREAD, "flush_vs_late_answer", "request-answered-twice"},
};

constexpr knob_info knob_table[] = {
    {"iopf.locking", "What keeps a device's fault data and the lists behind it.",
     iopf_locking_values, 0},
    {"assert_no_pending_iopf.when", "When the core looks for requests that are pending.",
     assert_values, 0},
    {"iopf_group_alloc.match", "By what a group knows its partial requests.", match_values, 1},
    {"iopf_group_alloc.failure", "What becomes of a group for which there is no memory.",
     failure_values, 0},
    {"report_device_fault.accepted", "What becomes of a group that the handler has accepted.",
     accepted_values, 0},
    {"remove_device.partial", "What a removal does with partial requests.", remove_partial_values,
     0},
    {"prq_event_thread.lock", "How long the thread of the interrupt keeps the device.",
     lookup_values, 0},
    {"prq_overflow.partial", "What becomes of partial requests when the queue has overflown.",
     overflow_values, 0},
    {"drain_pasid_prq.partial", "What a drain does with partial requests.", drain_partial_values,
     1},
    {"page_response.lock", "What a response takes.", response_lock_values, 0},
    {"sva_close.order", "When a driver lets go of page requests.", close_values, 0},
    {"sva_driver.stop", "When a driver stops its device.", stop_values, 0},
    {"iopf_disable.when", "When page requests may be disabled.", disable_values, 0},
    {"page_response.pasid", "Which PASID a response has.", response_pasid_values, 0},
    {"fault_detach.answers", "What a detach does for a user who has not answered.", detach_values,
     0},
    {"auto_response.error", "What becomes of the other groups when an answer fails.", error_values,
     0},
    {"fault_replace.answers", "Whose groups a replacement answers.", replace_values, 0},
    {"fault_deliver.lock", "What keeps the list of groups that have not been read.", deliver_values,
     0},
    {"fault_read.failure", "What becomes of a group when a copy to its user fails.", read_values,
     0},
    {"fault_write.match", "By what an answer names its group.", match_cookie_values, 1},
    {"fault_release.reads", "When the release of the file reads the object.", release_values, 0},
    {"fault_abort.file", "When the file of an object that was not made is released.", abort_values,
     0},
    {"trigger_iopf.lock", "What a report of the selftest holds.", trigger_values, 0},
    {"rid_block.drain", "What a driver does that has blocked a requester id.", block_values, 0},
    {"rid_drain.waits_for", "What hardware waits for that drains a requester id.", waits_values, 0},
    {"rid_replace.drain", "When a requester id is drained that gets another domain.", again_values,
     1},
    {"prq_drain.lock", "What excludes two drains of one IOMMU.", drains_values, 1},
    {"fault_attach.group", "Which devices of a group have page requests that a user answers.",
     attach_group_values, 2},
    {"sva_unbind.drains", "Which devices of a group an unbind drains.", unbind_values, 1},
    {"pri_enabled.lock", "What a driver holds to note that page requests are on, or off.",
     enabled_values, 1},
    {"iopf_queue_remove_device.queue", "What a device that is removed leaves in its queue.",
     removed_values, 0},
    {"remove_dev_pasid.drain", "Whether a PASID that is detached is drained.", pasid_drain_values,
     0},
    {"group_remove_device.pasids", "Whose PASIDs those of a group are to a device that leaves it.",
     release_pasid_values, 1},
    {"iopf_queue_flush_dev.pending", "What a flush does with groups that have been handed up.",
     flush_pending_values, 0},
};
static_assert(std::size(knob_table) == knob::iopf_count - knob::iopf_before - 1);

constexpr limit_info limit_table[] = {
    {"prq_size", "Requests that the queue of an IOMMU holds.", 8, 1, 63},
    {"max_pasids", "PASIDs that a device has, with none.", iopf::iopf_pasids, 2,
     1 << iopf::pasid_bits},
    {"prg_indices", "Groups that a device tells apart.", iopf::iopf_prgs, 1, 1 << iopf::grpid_bits},
    {"page_request_tries", "How often a device sends a request that is thrown away.", 2, 1, 8},
    {"first_pasid", "The PASID that the first process gets.", 1, 1, (1 << iopf::pasid_bits) - 1},
    {"mmu_notifier", "1: entries of PASIDs are torn down, when their process ends, too.", 0, 0, 1},
};
static_assert(std::size(limit_table) == limit::iopf_count - limit::iopf_before - 1);

constexpr invariant_info invariant_table[] = {
    {"request-unanswered", "I5.1", "A request that was accepted has not been answered.",
     "when a drain returns or a driver has unbound, of its PASID; at the end, of all"},
    {"request-left-behind", "I5.2", "A request is left where it should have been drained.",
     "when a drain returns, a group is complete, an overflow has been dealt with"},
    {"group-mixed", "I5.5", "A group has requests of two groups.", "when a group is complete"},
    {"response-pasid-wrong", "I5.8", "A response has a PASID that the device does not expect.",
     "when a response arrives"},
    {"request-answered-twice", "I5.9", "A response is for no group that waits for one.",
     "when a response arrives"},
    {"queue-not-empty", "I5.10", "A queue is freed with requests in it.",
     "when the queue is freed"},
    {"interrupt-stalled", "I5.11", "The thread of an interrupt waits for a user.",
     "when a group is delivered, and when a copy begins"},
    {"group-torn", "I5.12", "A read returns a part of a group.", "when a read returns"},
    {"answer-misplaced", "I5.13", "A user's answer is for another group than he was shown.",
     "when a write has found its group"},
    {"device-misnamed", "I5.14", "A user is told of another device than the one that asks.",
     "when a read returns"},
    {"wrong-address-space", "I5.2", "A request was handled in the memory of another process.",
     "when a request is handled"},
};

constexpr probe_info probe_table[] = {
    {"prq_entry_bad", "A request was answered by the thread of the interrupt.", false},
    {"prq_overflowed", "The queue of an IOMMU was full.", true},
    {"prq_discarded", "Partial requests were discarded.", true},
    {"prq_retried", "A device tried again.", true},
    {"drain_waited", "A drain waited for requests in the queue.", false},
    {"drain_again", "A drain was done again because of an overflow.", true},
    {"partial_joined", "A partial request joined its group.", false},
    {"group_aborted", "A group was aborted.", true},
    {"group_answered_by_removal", "A removal answered a group.", true},
    {"response_not_matched", "A response found nothing that was pending.", true},
    {"iopf_handled", "A page fault was handled.", false},
    {"iopf_refused", "A page fault could not be handled.", false},
    {"bond_shared", "A bond got a second user.", false},
    {"fault_delivered", "A group was given to a fault object.", false},
    {"fault_restored", "A group that could not be read was put back.", true},
    {"fault_auto_answered", "A group was answered for its user.", false},
    {"rid_refused", "A request was refused because its requester id is blocked.", true},
    {"work_cancelled", "The work of a group was cancelled.", true},
    {"exit_tore_down", "An entry of a process that has ended was torn down.", true},
};
static_assert(std::size(probe_table) == probe::iopf_count - probe::iopf_before - 1);

}  // namespace

std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return limit_table; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

}  // namespace iorace::kern::iopf_tables
