// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of groups and devices that come and go.
#include "model/iommufd/steps_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* lock = "container#1.lock";
constexpr const char* group_lock = "member#1.group_lock";

void attach_emulated(world* w) { make_call(w, "group_attach", {1, 0}); }
void attach_coherent(world* w) { make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT}); }
void detach_first(world* w) { make_call(w, "group_detach", {1}); }
config as_upstream() {
  return with(type1_config(), {{"vfio_notify_dma_unmap.list", "device_list_lock"}});
}

TEST(vfio_type1_group_steps, attach_emulated) {
  expect_pairs({.pairs = 6,
                .unlocked = 2,
                .setup = one_domain,
                .cpu1 = attach_emulated,
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"count", "read container#1.vaddr_invalid_count", lock},
                          {"M group", "kmalloc member#1.1", lock},
                          {"add", "list_add container#1.emulated_iommu_groups", lock},
                          {"L-", "mutex_unlock container#1.lock", lock},
                          {"get container", "refcount_inc container#1.kref"},
                          {"install", "xa_alloc vfio_files#1.groups"}},
                .c = type1_config()});
}

// What is mapped already is pinned and mapped into the new domain.
TEST(vfio_type1_group_steps, attach_with_iommu) {
  expect_pairs({.pairs = 11,
                .unlocked = 0,
                .setup = one_mdev,
                .cpu1 = attach_coherent,
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"count", "read container#1.vaddr_invalid_count", lock},
                          {"M group", "kmalloc member#1.1", lock},
                          {"M domain", "kmalloc vdomain#1.1", lock},
                          {"same domain?", "list_next container#1.domain_list", lock},
                          {"replay", "itree_find container#1.dma_list", lock},
                          {"U pin", "atomic page#1.pincount", lock},
                          {"account", "down_write user_mm#1.mmap_lock", lock},
                          {"map", "write vdomain#1.1.pte", lock},
                          {"mapped", "write dma#1.iommu_mapped", lock},
                          {"add", "list_add container#1.domain_list", lock},
                          {"L-", "mutex_unlock container#1.lock", lock}},
                .c = type1_config()});
}

// Until 6.2: nothing can be pinned before all addresses are back, and the lock is dropped
// meanwhile.
TEST(vfio_type1_group_steps, attach_waits) {
  expect_pairs(
      {.pairs = 7,
       .unlocked = 2,
       .setup =
           [](world* w) {
             one_mdev(w);
             make_call(w, "type1_unmap", {1, 0x10000, 0x2000, type1::VFIO_DMA_UNMAP_FLAG_VADDR});
           },
       .cpu1 = attach_coherent,
       .steps = {{"L+", "mutex_lock container#1.lock"},
                 {"M domain", "kmalloc vdomain#1.1", lock},
                 {"prepare", "prepare_to_wait container#1.vaddr_wait", lock},
                 {"L-", "mutex_unlock container#1.lock", lock},
                 {"schedule", "schedule container#1.vaddr_wait"},
                 {"L+", "mutex_lock container#1.lock"},
                 {"finish", "finish_wait container#1.vaddr_wait", lock},
                 {"free", "kfree vdomain#1.1", lock}},
       .c = with(type1_config(), {{"type1_vaddr", "wait"}}),
       .fault = "signal"});
}

TEST(vfio_type1_group_steps, attach_shares_a_domain) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = one_domain,
                .cpu1 = attach_coherent,
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"count", "read container#1.vaddr_invalid_count", lock},
                          {"M domain", "kmalloc vdomain#1.1", lock},
                          {"add", "list_add vdomain#1.group_list", lock},
                          {"free own", "kfree vdomain#1.1", lock},
                          {"L-", "mutex_unlock container#1.lock", lock}},
                .c = type1_config()});
}

// The last group takes all mappings along.
TEST(vfio_type1_group_steps, detach_last) {
  expect_pairs({.pairs = 13,
                .unlocked = 0,
                .setup = one_domain,
                .cpu1 = detach_first,
                .steps = {{"L+ group", "mutex_lock member#1.group_lock"},
                          {"open devices?", "read member#1.container_users", group_lock},
                          {"L+ lock", "mutex_lock container#1.lock", group_lock},
                          {"find", "list_next container#1.domain_list", lock},
                          {"remove group", "list_del member#1.next", lock},
                          {"unmap", "write vdomain#1.pte", lock},
                          {"sync", "write vdomain#1.iotlb", lock},
                          {"unpin", "atomic page#1.pincount", lock},
                          {"account", "down_write user_mm#1.mmap_lock", lock},
                          {"remove dma", "itree_remove container#1.dma_list", lock},
                          {"free dma", "kfree dma#1", lock},
                          {"remove domain", "list_del vdomain#1.next", lock},
                          {"L- lock", "mutex_unlock container#1.lock", lock},
                          {"L- group", "mutex_unlock member#1.group_lock", group_lock}},
                .c = type1_config()});
}

// The last domain leaves drivers with their pins, which count by themselves from then on.
TEST(vfio_type1_group_steps, detach_last_domain) {
  expect_pairs({.pairs = 8,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      one_domain(w);
                      attach_emulated(w);
                    },
                .cpu1 = detach_first,
                .steps = {{"L+ lock", "mutex_lock container#1.lock"},
                          {"remove group", "list_del member#1.next", lock},
                          {"others?", "list_empty container#1.emulated_iommu_groups", lock},
                          {"unmap", "write vdomain#1.pte", lock},
                          {"unpin", "atomic page#1.pincount", lock},
                          {"count pins", "itree_find dma#1.pfn_list", lock},
                          {"account", "down_write user_mm#1.mmap_lock", lock},
                          {"remove domain", "list_del vdomain#1.next", lock},
                          {"L- lock", "mutex_unlock container#1.lock", lock}},
                .c = type1_config()});
}

TEST(vfio_type1_group_steps, detach_emulated) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      one_domain(w);
                      attach_emulated(w);
                    },
                .cpu1 = [](world* w) { make_call(w, "group_detach", {2}); },
                .steps = {{"L+ group", "mutex_lock member#2.group_lock"},
                          {"L+ lock", "mutex_lock container#1.lock", "member#2.group_lock"},
                          {"remove group", "list_del member#2.next", lock},
                          {"last?", "list_empty container#1.emulated_iommu_groups", lock},
                          {"L- lock", "mutex_unlock container#1.lock", lock},
                          {"gone", "write member#2.iommu", "member#2.group_lock"},
                          {"L- group", "mutex_unlock member#2.group_lock", "member#2.group_lock"}},
                .c = type1_config()});
}

TEST(vfio_type1_group_steps, close_device) {
  const char* const dev_set_lock = "mdev#1.dev_set_lock";
  const char* const pins_lock = "mdev#1.pins_lock";
  expect_pairs(
      {.pairs = 15,
       .unlocked = 3,
       .setup =
           [](world* w) {
             one_mdev(w);
             make_call(w, "mdev_pin", {1, 0x10000, 0x1000});
           },
       .cpu1 = [](world* w) { make_call(w, "mdev_close", {1}); },
       .steps = {{"no descriptor", "xa_erase vfio_files#1.mdevs"},
                 {"last file", "refcount_dec_and_test mdev#1.f_count"},
                 {"L+ group", "mutex_lock member#1.group_lock"},
                 {"L+ set", "mutex_lock mdev#1.dev_set_lock", group_lock},
                 {"WAIT work", "flush_work work#1", dev_set_lock},
                 {"L+ driver", "mutex_lock mdev#1.pins_lock", dev_set_lock},
                 {"unpin", "mutex_lock container#1.lock", pins_lock},
                 {"unpinned", "mutex_unlock container#1.lock", lock},
                 {"L- driver", "mutex_unlock mdev#1.pins_lock", pins_lock},
                 {"L+ lock", "mutex_lock container#1.lock", dev_set_lock},
                 {"L+ list", "mutex_lock container#1.device_list_lock", lock},
                 {"unregister", "list_del mdev#1.iommu_entry", "container#1.device_list_lock"},
                 {"L- list", "mutex_unlock container#1.device_list_lock", lock},
                 {"L- set", "mutex_unlock mdev#1.dev_set_lock", dev_set_lock},
                 {"L- group", "mutex_unlock member#1.group_lock", group_lock},
                 {"free", "kfree mdev#1"}},
       .c = as_upstream()});
}

}  // namespace
}  // namespace iorace::kern::this_file
