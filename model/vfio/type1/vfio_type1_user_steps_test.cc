// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of what the user does to mappings, and of an unpin.
#include "model/iommufd/steps_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* lock = "container#1.lock";

TEST(vfio_type1_user_steps, map) {
  expect_pairs(
      {.pairs = 8,
       .unlocked = 0,
       .setup = one_domain,
       .cpu1 =
           [](world* w) {
             make_call(w, "type1_map", {1, 0, 0x12000, user_memory_start + 0x2000, 0x1000});
           },
       .steps = {{"L+", "mutex_lock container#1.lock"},
                 {"M", "kmalloc dma#1.1", lock},
                 {"insert", "itree_insert container#1.dma_list", lock},
                 {"R+ mmap", "down_read user_mm#1.mmap_lock", lock},
                 {"R- mmap", "up_read user_mm#1.mmap_lock", lock},
                 {"account", "down_write_arrive user_mm#1.mmap_lock", lock},
                 {"map", "write vdomain#1.pte", lock},
                 {"grow", "write dma#1.1.size", lock},
                 {"L-", "mutex_unlock container#1.lock", lock}},
       .c = type1_config()});
}

TEST(vfio_type1_user_steps, invalidate) {
  expect_pairs(
      {.pairs = 4,
       .unlocked = 0,
       .setup = one_domain,
       .cpu1 =
           [](world* w) {
             make_call(w, "type1_unmap", {1, 0x10000, 0x2000, type1::VFIO_DMA_UNMAP_FLAG_VADDR});
           },
       .steps = {{"L+", "mutex_lock container#1.lock"},
                 {"welcome?", "list_empty container#1.emulated_iommu_groups", lock},
                 {"mark", "write dma#1.vaddr_invalid", lock},
                 {"count", "write container#1.vaddr_invalid_count", lock},
                 {"L-", "mutex_unlock container#1.lock", lock}},
       .c = type1_config()});
}

TEST(vfio_type1_user_steps, unpin) {
  const char* const pins_lock = "mdev#1.pins_lock";
  const auto pinned = [](world* w) {
    one_mdev(w);
    make_call(w, "mdev_pin", {1, 0x10000, 0x1000});
  };
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = pinned,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "mdev_unpin", {1, 0x10000, 0x1000});
                    },
                .steps = {{"L+ pins", "mutex_lock mdev#1.pins_lock"},
                          {"L+", "mutex_lock container#1.lock", pins_lock},
                          {"ref--", "write vpfn#1.ref_count", lock},
                          {"unpin", "atomic page#1.pincount", lock},
                          {"remove", "itree_remove dma#1.pfn_list", lock},
                          {"L-", "mutex_unlock container#1.lock", lock},
                          {"L- pins", "mutex_unlock mdev#1.pins_lock", pins_lock}},
                .c = type1_config()});
}

TEST(vfio_type1_user_steps, exec) {
  const char* const alloc_lock = "user#1.alloc_lock";
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = one_mdev,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "user_exec", {0, 0x200000});
                    },
                .steps = {{"M mm", "kmalloc user_mm#1.1"},
                          {"L+", "spin_lock user#1.alloc_lock"},
                          {"swap", "write user#1.mm", alloc_lock},
                          {"L-", "spin_unlock user#1.alloc_lock", alloc_lock},
                          {"mmput", "refcount_dec_and_test user_mm#1.mm_users"}},
                .c = type1_config()});
}

// Proposed: all mappings go to another process at once, and are charged to it before they are
// taken off the old one.
TEST(vfio_type1_user_steps, change_mm) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      one_domain(w);
                      make_call(w, "user_fork");
                    },
                .cpu1 =
                    [](world* w) {
                      make_call(w, "type1_change_mm", {1, 2});
                    },
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"find", "itree_find container#1.dma_list", lock},
                          {"charge", "down_write user_mm#2.mmap_lock", lock},
                          {"mmget old", "refcount_inc_not_zero user_mm#1.mm_users", lock},
                          {"un-charge", "down_write user_mm#1.mmap_lock", lock},
                          {"swap", "write dma#1.mm", lock},
                          {"L-", "mutex_unlock container#1.lock", lock}},
                .c = with(type1_config(), {{"type1_vaddr", "change_mm"}})});
}

// Until 6.2: whoever waits has to be told.
TEST(vfio_type1_user_steps, container_close) {
  expect_pairs({.pairs = 3,
                .unlocked = 1,
                .setup = one_mdev,
                .cpu1 = [](world* w) { make_call(w, "container_close", {1}); },
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"closed", "write container#1.container_open", lock},
                          {"L-", "mutex_unlock container#1.lock", lock},
                          {"wake", "wake_up_all container#1.vaddr_wait"}},
                .c = with(type1_config(), {{"type1_vaddr", "wait"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
