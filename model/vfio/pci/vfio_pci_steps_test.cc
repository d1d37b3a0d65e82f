// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the chapter's flows.
#include "model/iommufd/steps_test.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

void one_area(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x1000});
}
void mapped(world* w) {
  one_area(w);
  make_call(w, "bar_touch", {0x1000, 0, 0});
}
void touch(world* w) { make_call(w, "bar_touch", {0x1000, 0, 0}); }
void disable(world* w) { make_call(w, "config_write_command", {1, 0}); }
config listed(const char* value = "zap_on_failure") {
  return with(pci_config(), {{"vfio_pci.fault", value}});
}

TEST(vfio_pci_steps, fault) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 9,
                .unlocked = 1,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"walk", "read_once process#1.pmd"},
                          {"R+ mmap", "down_read process#1.mmap_lock"},
                          {"still not mapped?", "read_once process#1.pmd", "process#1.mmap_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", "process#1.mmap_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"M page-table page", "kmalloc table#1.1", memory_lock},
                          {"ptl", "spin_lock table#1.1.ptl", memory_lock},
                          {"set", "write_once table#1.1.pte", "table#1.1.ptl"},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", "process#1.mmap_lock"}},
                .c = pci_config()});
}

TEST(vfio_pci_steps, disable) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 7,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 = disable,
                .steps = {{"arrive", "down_write_arrive vdev#1.memory_lock"},
                          {"W+ memory", "down_write vdev#1.memory_lock"},
                          {"R+ i_mmap", "down_read vdev#1.i_mmap_rwsem", memory_lock},
                          {"ptl", "spin_lock table#1.ptl", "vdev#1.i_mmap_rwsem"},
                          {"zap", "write_once table#1.pte", "table#1.ptl"},
                          {"R- i_mmap", "up_read vdev#1.i_mmap_rwsem", "vdev#1.i_mmap_rwsem"},
                          {"change", "write vdev#1.command", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_steps, fault_remap_unlocked) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"1 L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"2 R+ memory", "down_read vdev#1.memory_lock", "vdev#1.vma_lock"},
                          {"3 enabled?", "read vdev#1.command", "vdev#1.memory_lock"},
                          {"4 M", "kmalloc mmap_vma#1.1", "vdev#1.memory_lock"},
                          {"4 add", "list_add vdev#1.vma_list", "vdev#1.memory_lock"},
                          {"5 L- vma", "mutex_unlock vdev#1.vma_lock", "vdev#1.memory_lock"},
                          {"6 remap", "kmalloc table#1.1", "vdev#1.memory_lock"},
                          {"7 R- memory", "up_read vdev#1.memory_lock", "vdev#1.memory_lock"}},
                .c = listed("remap_unlocked")});
}

TEST(vfio_pci_steps, fault_zap_on_failure) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", "vdev#1.vma_lock"},
                          {"enabled?", "read vdev#1.command", "vdev#1.memory_lock"},
                          {"remap", "kmalloc table#1.1", "vdev#1.memory_lock"},
                          {"M", "kmalloc mmap_vma#1.1", "vdev#1.memory_lock"},
                          {"add", "list_add vdev#1.vma_list", "vdev#1.memory_lock"},
                          {"R- memory", "up_read vdev#1.memory_lock", "vdev#1.vma_lock"},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", "vdev#1.vma_lock"}},
                .c = listed()});
}

TEST(vfio_pci_steps, disable_listed) {
  const char* const vma_lock = "vdev#1.vma_lock";
  expect_pairs({.pairs = 14,
                .unlocked = 3,
                .setup = mapped,
                .cpu1 = disable,
                .steps = {{"L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"mmget", "refcount_inc_not_zero process#1.mm_users", vma_lock},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", vma_lock},
                          {"R+ mmap", "down_read process#1.mmap_lock"},
                          {"L+ vma", "mutex_lock vdev#1.vma_lock", "process#1.mmap_lock"},
                          {"list_del", "list_del mmap_vma#1.vma_next", vma_lock},
                          {"zap", "write_once table#1.pte", vma_lock},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", vma_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", "process#1.mmap_lock"},
                          {"mmput", "refcount_dec_and_test process#1.mm_users"},
                          {"L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock", vma_lock},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", vma_lock},
                          {"change", "write vdev#1.command", "vdev#1.memory_lock"},
                          {"W- memory", "up_write vdev#1.memory_lock", "vdev#1.memory_lock"}},
                .c = listed()});
}

TEST(vfio_pci_steps, fork) {
  const char* const mmap_lock = "process#1.mmap_lock";
  expect_pairs({.pairs = 8,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 = [](world* w) { make_call(w, "process_fork"); },
                .steps = {{"M process", "kmalloc process#1.1"},
                          {"W+ mmap", "down_write_arrive process#1.mmap_lock"},
                          {"W+ child", "down_write_arrive process#1.1.mmap_lock", mmap_lock},
                          {"M area", "kmalloc vma#1.1", mmap_lock},
                          {"link", "down_write_arrive vdev#1.i_mmap_rwsem", mmap_lock},
                          {"M page-table page", "kmalloc table#1.1", mmap_lock},
                          {"copy", "write_once table#1.1.pte", mmap_lock},
                          {"W- child", "up_write process#1.1.mmap_lock", mmap_lock},
                          {"W- mmap", "up_write process#1.mmap_lock", mmap_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_steps, munmap) {
  const char* const mmap_lock = "process#1.mmap_lock";
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "bar_munmap", {0x1000, 0});
                    },
                .steps = {{"W+ mmap", "down_write_arrive process#1.mmap_lock"},
                          {"W to R", "downgrade_write process#1.mmap_lock"},
                          {"zap", "write_once table#1.pte", mmap_lock},
                          {"unlink", "down_write_arrive vdev#1.i_mmap_rwsem", mmap_lock},
                          {"close", "mutex_lock vdev#1.vma_lock", mmap_lock},
                          {"free", "kfree vma#1", mmap_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", mmap_lock}},
                .c = listed()});
}

TEST(vfio_pci_steps, hot_reset) {
  const auto two_devices = [](world* w) {
    mapped(w);
    make_call(w, "vdev_open");
  };
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = two_devices,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "vdev_hot_reset", {1, 1});
                    },
                .steps = {{"L+ set", "mutex_lock dev_set#1.lock"},
                          {"try 1", "down_write_trylock vdev#1.memory_lock", "dev_set#1.lock"},
                          {"zap 1", "write_once table#1.pte", "dev_set#1.lock"},
                          {"try 2", "down_write_trylock vdev#2.memory_lock", "dev_set#1.lock"},
                          {"W- 2", "up_write vdev#2.memory_lock", "dev_set#1.lock"},
                          {"W- 1", "up_write vdev#1.memory_lock", "dev_set#1.lock"},
                          {"L- set", "mutex_unlock dev_set#1.lock", "dev_set#1.lock"}},
                .c = pci_config()});
}

void with_ioeventfd(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "ioeventfd", {1});
}

TEST(vfio_pci_steps, ioeventfd) {
  const char* const wqh_lock = "vdev#1.wqh_lock";
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = with_ioeventfd,
                .cpu1 = [](world* w) { make_call(w, "signal_eventfd", {1}); },
                .steps = {{"L+ queue", "spin_lock vdev#1.wqh_lock"},
                          {"try", "down_read_trylock vdev#1.memory_lock", wqh_lock},
                          {"write", "read_once vdev#1.phys_command", wqh_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", wqh_lock},
                          {"L- queue", "spin_unlock vdev#1.wqh_lock", wqh_lock}},
                .c = pci_config()});
}

// Where it cannot have memory_lock at once, the write is a thread's, which comes later.
TEST(vfio_pci_steps, ioeventfd_left_to_the_thread) {
  const char* const memory_lock = "vdev#1.memory_lock";
  const char* const wqh_lock = "vdev#1.wqh_lock";
  expect_pairs({.pairs = 7,
                .unlocked = 2,
                .setup = with_ioeventfd,
                .cpu1 =
                    [](world* w) {
                      down_write(&vdev(w)->memory_lock);
                      make_call(w, "signal_eventfd", {1});
                      up_write(&vdev(w)->memory_lock);
                      make_call(w, "ioeventfd", {1, 0, 0, 0});
                    },
                .steps = {{"W+ memory", "down_write vdev#1.memory_lock"},
                          {"L+ queue", "spin_lock vdev#1.wqh_lock", memory_lock},
                          {"try", "down_read_trylock vdev#1.memory_lock", wqh_lock},
                          {"thread", "queue_work work#1", wqh_lock},
                          {"L- queue", "spin_unlock vdev#1.wqh_lock", wqh_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock},
                          {"shutdown", "spin_lock vdev#1.wqh_lock"},
                          {"written", "work_wait work#1"}},
                .c = pci_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
