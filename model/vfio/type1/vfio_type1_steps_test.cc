// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the chapter's flows.
#include "model/iommufd/steps_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* lock = "container#1.lock";

config under(const char* vaddr) { return with(type1_config(), {{"type1_vaddr", vaddr}}); }
void pinned(world* w) {
  one_mdev(w);
  make_call(w, "mdev_pin", {1, 0x10000, 0x1000});
}

TEST(vfio_type1_steps, pin) {
  expect_pairs({.pairs = 8,
                .unlocked = 1,
                .setup = one_mdev,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "mdev_pin", {1, 0x10000, 0x1000});
                    },
                .steps = {{"driver", "mutex_lock mdev#1.pins_lock"},
                          {"L+ lock", "mutex_lock container#1.lock", "mdev#1.pins_lock"},
                          {"count", "read container#1.vaddr_invalid_count", lock},
                          {"find", "itree_find container#1.dma_list", lock},
                          {"R+ mmap", "down_read user_mm#1.mmap_lock", lock},
                          {"U pin", "atomic page#1.pincount", "user_mm#1.mmap_lock"},
                          {"M", "kmalloc vpfn#1.1", lock},
                          {"L-", "mutex_unlock container#1.lock", lock},
                          {"driver", "mutex_unlock mdev#1.pins_lock"}},
                .c = type1_config()});
}

// With the list kept by a lock around all of it: under device_list_lock no notification that unpins
// gets past the look at lock orders.
TEST(vfio_type1_steps, notify) {
  const char* const list = "container#1.device_list_rwsem";
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = pinned,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "type1_unmap", {1, 0x10000, 0x2000});
                    },
                .steps = {{"R+ list", "down_read container#1.device_list_rwsem"},
                          {"L+ lock", "mutex_lock container#1.lock", list},
                          {"L- lock", "mutex_unlock container#1.lock", lock},
                          {"device", "list_next container#1.device_list", list},
                          {"CB", "mutex_lock mdev#1.pins_lock", list},
                          {"unpin", "mutex_lock container#1.lock", "mdev#1.pins_lock"},
                          {"L+ lock", "mutex_lock container#1.lock", list}},
                .c = type1_config()});
}

TEST(vfio_type1_steps, wait) {
  expect_pairs({.pairs = 5,
                .unlocked = 2,
                .setup =
                    [](world* w) {
                      one_mdev(w);
                      make_call(w, "type1_unmap", {1, 0x10000, 0x2000, 4});
                    },
                .cpu1 =
                    [](world* w) {
                      mutex_lock(&first_container(w)->lock);
                      type1::vfio_dma* dma = nullptr;
                      type1::vfio_find_dma_valid(first_container(w), nullptr, 0x10000, &dma);
                      type1::unlock_iommu(first_container(w));
                    },
                .steps = {{"1 prepare", "prepare_to_wait container#1.vaddr_wait"},
                          {"2 L-", "mutex_unlock container#1.lock", lock},
                          {"3 schedule", "schedule container#1.vaddr_wait"},
                          {"4 L+", "mutex_lock container#1.lock"},
                          {"5 finish", "finish_wait container#1.vaddr_wait", lock},
                          {"6 why?", "read container#1.container_open", lock}},
                .c = under("wait"),
                .fault = "signal"});
}

TEST(vfio_type1_steps, restore) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      one_domain(w);
                      make_call(w, "type1_unmap", {1, 0x10000, 0x2000, 4});
                      make_call(w, "user_exec", {0, 0x200000});
                    },
                .cpu1 =
                    [](world* w) {
                      make_call(w, "type1_map", {1, 0, 0x10000, 0x200000, 0x2000, 4});
                    },
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"find", "itree_find container#1.dma_list", lock},
                          {"charge", "down_write user_mm#2.mmap_lock", lock},
                          {"vaddr", "write dma#1.vaddr", lock},
                          {"valid", "write dma#1.vaddr_invalid", lock},
                          {"count", "write container#1.vaddr_invalid_count", lock},
                          {"L-", "mutex_unlock container#1.lock", lock}},
                .c = type1_config()});
}

TEST(vfio_type1_steps, register_device) {
  expect_pairs(
      {.pairs = 4,
       .unlocked = 0,
       .setup = one_mdev,
       .cpu1 = [](world* w) { make_call(w, "mdev_open", {1}); },
       .steps = {{"L+ lock", "mutex_lock container#1.lock"},
                 {"L+ list", "mutex_lock container#1.device_list_lock", lock},
                 {"add", "list_add container#1.device_list", "container#1.device_list_lock"},
                 {"L- list", "mutex_unlock container#1.device_list_lock",
                  "container#1.device_list_lock"},
                 {"L- lock", "mutex_unlock container#1.lock", lock}},
       .c = with(type1_config(), {{"vfio_notify_dma_unmap.list", "device_list_lock"}})});
}

TEST(vfio_type1_steps, rw) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = one_mdev,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "mdev_rw", {1, 0, 0x10000, 0x1000});
                    },
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"count", "read container#1.vaddr_invalid_count", lock},
                          {"find", "itree_find container#1.dma_list", lock},
                          {"prot", "read dma#1.prot", lock},
                          {"mmget", "refcount_inc_not_zero user_mm#1.mm_users", lock},
                          {"U copy", "copy_from_user", lock},
                          {"mmput", "refcount_dec_and_test user_mm#1.mm_users", lock},
                          {"L-", "mutex_unlock container#1.lock", lock}},
                .c = type1_config()});
}

// Of a mapping that a domain translates and no driver has pinned.
TEST(vfio_type1_steps, unmap) {
  expect_pairs({.pairs = 12,
                .unlocked = 1,
                .setup = one_domain,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "type1_unmap", {1, 0x10000, 0x2000});
                    },
                .steps = {{"L+", "mutex_lock container#1.lock"},
                          {"bisected?", "itree_find container#1.dma_list", lock},
                          {"find", "itree_find container#1.dma_list", lock},
                          {"pins?", "itree_find dma#1.pfn_list", lock},
                          {"unmap", "write vdomain#1.pte", lock},
                          {"sync", "write vdomain#1.iotlb", lock},
                          {"unpin", "atomic page#1.pincount", lock},
                          {"account", "down_write user_mm#1.mmap_lock", lock},
                          {"remove", "itree_remove container#1.dma_list", lock},
                          {"mmdrop", "refcount_dec_and_test user_mm#1.mm_count", lock},
                          {"free", "kfree dma#1", lock},
                          {"L-", "mutex_unlock container#1.lock", lock},
                          {"U", "copy_to_user"}},
                .c = type1_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
