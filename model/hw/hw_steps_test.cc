// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of page tables, entries and the invalidation queue. An unmap holds no lock from what it
// clears to what it frees but around the invalidation; an attach and a detach hold the group's,
// which neither devices nor unmaps take.
#include "model/hw/machine_test.h"
#include "model/iommufd/steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr u64 page = 0x1000, whole_table = pt_entries * 0x1000, beyond_root = 0x20000;

body attached(u64 dev, u64 paging) {
  return [=](world* w) {
    machine(w);
    make_call(w, "endpoint_attach", {dev, paging});
  };
}
body mapped(u64 dev, u64 paging, u64 iova, u64 length) {
  return [=](world* w) {
    attached(dev, paging)(w);
    make_call(w, "page_map", {paging, iova, length});
  };
}
config ordered(const char* knob, const char* value) {
  return hw_config(with(repaired_config(), {{knob, value}}));
}

constexpr const char* tags = "paging#1.cache_lock";
constexpr const char* queue = "iommu#1.q_lock";
constexpr const char* entries = "iommu#1.lock";

TEST(hw_steps, map) {
  expect_pairs({.pairs = 3,
                .unlocked = 3,
                .setup = attached(vtd_dev, domain),
                .cpu1 = call_of("page_map", {domain, page, 0x1000}),
                .steps = {{"walk", "read_once table#1.pte"},
                          {"M table", "kmalloc table#1.1"},
                          {"link", "atomic_sync table#1.pte"},
                          {"leaf", "atomic_sync table#1.1.pte"}},
                .c = hw_config()});
}

TEST(hw_steps, unmap) {
  expect_pairs({.pairs = 9,
                .unlocked = 4,
                .setup = mapped(vtd_dev, domain, page, 0x1000),
                .cpu1 = call_of("page_unmap", {domain, page, 0x1000}),
                .steps = {{"1 clear", "write_once table#7.pte"},
                          {"2 gather", "list_empty freelist#1.1.head"},
                          {"3 L+ tags", "spin_lock paging#1.cache_lock"},
                          {"3 L+ queue", "spin_lock iommu#1.q_lock", tags},
                          {"3 ring", "device_submit hw#1", queue},
                          {"3 L- queue", "spin_unlock iommu#1.q_lock", queue},
                          {"4 WAIT", "device_poll iommu#1.status", tags},
                          {"L- tags", "spin_unlock paging#1.cache_lock", tags},
                          {"5 tables", "list_empty freelist#1.1.head"},
                          {"6 the page", "kfree buffer#2"}},
                .c = hw_config()});
}

// The table goes, too, once the flush is behind it.
TEST(hw_steps, unmap_a_table) {
  expect_pairs({.pairs = 4,
                .unlocked = 4,
                .setup = mapped(vtd_dev, domain, 0, whole_table),
                .cpu1 = call_of("page_unmap", {domain, 0, whole_table}),
                .steps = {{"2 gather", "list_add freelist#1.1.head"},
                          {"1 unlink", "write_once table#1.pte"},
                          {"4 WAIT", "device_poll iommu#1.status"},
                          {"5 table", "kfree table#7"},
                          {"6 the pages", "kfree buffer#2"}},
                .c = hw_config()});
}

// As long as the domain is flushed its lock is held: of other domains of the IOMMU nobody waits.
TEST(hw_steps, unmap_of_amd) {
  constexpr const char* amd_queue = "iommu#2.q_lock";
  constexpr const char* lock = "paging#2.lock";
  expect_pairs({.pairs = 15,
                .unlocked = 3,
                .setup = mapped(amd_device, amd_domain, page, 0x1000),
                .cpu1 = call_of("page_unmap", {amd_domain, page, 0x1000}),
                .steps = {{"1 clear", "write_once table#7.pte"},
                          {"3 L+ domain", "spin_lock paging#2.lock"},
                          {"3 L+ queue", "spin_lock iommu#2.q_lock", lock},
                          {"3 command", "device_submit hw#2", amd_queue},
                          {"3 need_sync", "write_once iommu#2.need_sync", amd_queue},
                          {"3 L- queue", "spin_unlock iommu#2.q_lock", amd_queue},
                          {"4 L+ queue", "spin_lock iommu#2.q_lock", lock},
                          {"4 needed?", "read_once iommu#2.need_sync", amd_queue},
                          {"4 number", "atomic_sync iommu#2.submitted", amd_queue},
                          {"4 wait command", "device_submit hw#2", amd_queue},
                          {"4 need_sync", "write_once iommu#2.need_sync", amd_queue},
                          {"4 L- queue", "spin_unlock iommu#2.q_lock", amd_queue},
                          {"4 WAIT", "device_poll iommu#2.status", lock},
                          {"L- domain", "spin_unlock paging#2.lock", lock},
                          {"5 tables", "list_empty freelist#1.1.head"},
                          {"6 the page", "kfree buffer#2"}},
                .c = hw_config()});
}

TEST(hw_steps, the_tree_of_amd_grows) {
  constexpr const char* lock = "paging#2.lock";
  expect_pairs({.pairs = 14,
                .unlocked = 6,
                .setup = attached(amd_device, amd_domain),
                .cpu1 = call_of("page_map", {amd_domain, beyond_root, 0x1000}),
                .steps = {{"too low", "read_once paging#2.mode"},
                          {"M root", "kmalloc table#1.1"},
                          {"L+", "spin_lock paging#2.lock"},
                          {"old root", "write_once table#1.1.pte", lock},
                          {"begin", "write_seqcount_begin paging#2.seqcount", lock},
                          {"root", "write_once paging#2.root", lock},
                          {"mode", "write_once paging#2.mode", lock},
                          {"end", "write_seqcount_end paging#2.seqcount", lock},
                          {"entry", "write_once context#9.root", lock},
                          {"WAIT", "device_poll iommu#2.status", lock},
                          {"L-", "spin_unlock paging#2.lock", lock},
                          {"walk", "read_seqcount_begin paging#2.seqcount"},
                          {"M table", "kmalloc table#1.2"},
                          {"link", "atomic_sync table#1.1.pte"},
                          {"leaf", "write_once table#1.3.pte"}},
                .c = hw_config()});
}

constexpr const char* group = "endpoint#3.lock";

TEST(hw_steps, attach) {
  expect_pairs({.pairs = 12,
                .unlocked = 0,
                .setup = machine,
                .cpu1 = call_of("endpoint_attach", {ats_device, domain}),
                .steps = {{"L+ group", "mutex_lock endpoint#3.lock"},
                          {"L+ ids", "spin_lock iommu#1.lock", group},
                          {"id", "write paging#1.did", entries},
                          {"L- ids", "spin_unlock iommu#1.lock", entries},
                          {"of the domain", "list_add paging#1.devices", group},
                          {"ATS", "write_once endpoint#3.ats", group},
                          {"IOTLB tag", "list_add paging#1.cache_tags", group},
                          {"device TLB tag", "list_add paging#1.cache_tags", group},
                          {"L+ entries", "spin_lock iommu#1.lock", group},
                          {"not present", "write_once context#3.word", entries},
                          {"root", "write_once context#3.root", entries},
                          {"present", "write_once context#3.word", entries},
                          {"L- group", "mutex_unlock endpoint#3.lock", group}},
                .c = hw_config()});
}

// In 6.12 the tags come last: what is unmapped between the two is not invalidated.
TEST(hw_steps, attach_with_its_tags_last) {
  expect_pairs({.pairs = 2,
                .unlocked = 0,
                .setup = machine,
                .cpu1 = call_of("endpoint_attach", {ats_device, domain}),
                .steps = {{"L+ group", "mutex_lock endpoint#3.lock"},
                          {"root", "write_once context#3.root", group},
                          {"IOTLB tag", "list_add paging#1.cache_tags", group}},
                .c = ordered("attach.order", "tags_last")});
}

TEST(hw_steps, detach) {
  expect_pairs({.pairs = 11,
                .unlocked = 0,
                .setup = attached(ats_device, domain),
                .cpu1 = call_of("endpoint_block", {ats_device}),
                .steps = {{"L+ group", "mutex_lock endpoint#3.lock"},
                          {"not present", "write_once context#3.word", group},
                          {"L- entries", "spin_unlock iommu#1.lock", entries},
                          {"ring", "device_submit hw#1", group},
                          {"WAIT", "device_poll iommu#1.status", group},
                          {"cleared", "write_once context#3.root", group},
                          {"IOTLB tag", "list_del tag#1.node", group},
                          {"device TLB tag", "list_del tag#2.node", group},
                          {"ATS", "write_once endpoint#3.ats", group},
                          {"of no domain", "list_del info#3.link", group},
                          {"id", "write paging#1.did", group},
                          {"L- group", "mutex_unlock endpoint#3.lock", group}},
                .c = hw_config()});
}

// In 6.12 the tags go first.
TEST(hw_steps, detach_with_its_tags_first) {
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = attached(ats_device, domain),
                .cpu1 = call_of("endpoint_block", {ats_device}),
                .steps = {{"L+ group", "mutex_lock endpoint#3.lock"},
                          {"IOTLB tag", "list_del tag#1.node", group},
                          {"ATS", "write_once endpoint#3.ats", group},
                          {"not present", "write_once context#3.word", group},
                          {"WAIT", "device_poll iommu#1.status", group}},
                .c = ordered("block_translation.order", "tags_first")});
}

TEST(hw_steps, replace_a_pasid) {
  constexpr const char* own_group = "endpoint#1.lock";
  expect_pairs({.pairs = 8,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      attached(vtd_dev, domain)(w);
                      make_call(w, "endpoint_set_pasid", {vtd_dev, domain});
                    },
                .cpu1 = call_of("endpoint_set_pasid", {vtd_dev, second_domain}),
                .steps = {{"L+ group", "mutex_lock endpoint#1.lock"},
                          {"not present", "write_once context#2.word", own_group},
                          {"ring", "device_submit hw#1", own_group},
                          {"WAIT", "device_poll iommu#1.status", own_group},
                          {"cleared", "write_once context#2.root", own_group},
                          {"old tag", "list_del tag#2.node", own_group},
                          {"new tag", "list_add paging#5.cache_tags", own_group},
                          {"root", "write_once context#2.root", own_group},
                          {"present", "write_once context#2.word", own_group}},
                .c = hw_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
