// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of what changes a device's state, of accesses through the file, and of the handlers
// that are not the first and the last of their era.
#include "model/iommufd/steps_test.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* memory_lock = "vdev#1.memory_lock";
constexpr const char* mmap_lock = "process#1.mmap_lock";
constexpr const char* vma_lock = "vdev#1.vma_lock";

void one_device(world* w) { make_call(w, "vdev_open"); }
void one_area(world* w) {
  one_device(w);
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x2000});
}
void touch(world* w) { make_call(w, "bar_touch", {0x1000, 0, 0}); }
void mapped(world* w) {
  one_area(w);
  touch(w);
}
config handler(const char* value) { return with(pci_config(), {{"vfio_pci.fault", value}}); }

TEST(vfio_pci_state_steps, enable) {
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = one_device,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "config_write_command", {1, PCI_COMMAND_MEMORY});
                    },
                .steps = {{"arrive", "down_write_arrive vdev#1.memory_lock"},
                          {"W+ memory", "down_write vdev#1.memory_lock"},
                          {"change", "write vdev#1.command", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock},
                          {"look again", "read vdev#1.command"}},
                .c = with(pci_config(), {{"vfio_basic_config_write.intx", "after_unlock"}})});
}

TEST(vfio_pci_state_steps, d3hot) {
  expect_pairs({.pairs = 4,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "config_write_pm", {1, PCI_D3hot});
                    },
                .steps = {{"arrive", "down_write_arrive vdev#1.memory_lock"},
                          {"W+ memory", "down_write vdev#1.memory_lock"},
                          {"zap", "write_once table#1.pte", memory_lock},
                          {"change", "write vdev#1.current_state", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_state_steps, reset) {
  expect_pairs({.pairs = 5,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 = [](world* w) { make_call(w, "vdev_reset", {1}); },
                .steps = {{"arrive", "down_write_arrive vdev#1.memory_lock"},
                          {"W+ memory", "down_write vdev#1.memory_lock"},
                          {"zap", "write_once table#1.pte", memory_lock},
                          {"D0", "write vdev#1.current_state", memory_lock},
                          {"try device", "mutex_trylock vdev#1.device_lock", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_state_steps, set_irqs) {
  const char* const igate = "vdev#1.igate";
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = one_device,
                .cpu1 = [](world* w) { make_call(w, "set_irqs", {1}); },
                .steps = {{"L+ igate", "mutex_lock vdev#1.igate"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock", igate},
                          {"force", "read_once vdev#1.phys_command", igate},
                          {"restore", "write_once vdev#1.phys_command", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock},
                          {"L- igate", "mutex_unlock vdev#1.igate", igate}},
                .c = pci_config()});
}

TEST(vfio_pci_state_steps, hot_reset_listed) {
  const char* const set_lock = "dev_set#1.lock";
  const auto two_devices = [](world* w) {
    mapped(w);
    one_device(w);
  };
  expect_pairs({.pairs = 11,
                .unlocked = 0,
                .setup = two_devices,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "vdev_hot_reset", {1, 1});
                    },
                .steps = {{"L+ set", "mutex_lock dev_set#1.lock"},
                          {"try vma 1", "mutex_trylock vdev#1.vma_lock", set_lock},
                          {"L- vma 1", "mutex_unlock vdev#1.vma_lock", set_lock},
                          {"try mmap", "down_read_trylock process#1.mmap_lock", set_lock},
                          {"zap", "write_once table#1.pte", set_lock},
                          {"try vma 2", "mutex_trylock vdev#2.vma_lock", set_lock},
                          {"try memory 1", "down_write_trylock vdev#1.memory_lock", set_lock},
                          {"L- vma 1", "mutex_unlock vdev#1.vma_lock", set_lock},
                          {"try memory 2", "down_write_trylock vdev#2.memory_lock", set_lock},
                          {"W- memory 1", "up_write vdev#1.memory_lock", set_lock},
                          {"W- memory 2", "up_write vdev#2.memory_lock", set_lock},
                          {"L- set", "mutex_unlock dev_set#1.lock", set_lock}},
                .c = handler("zap_on_failure")});
}

TEST(vfio_pci_mmio_steps, read) {
  expect_pairs({.pairs = 4,
                .unlocked = 1,
                .setup = one_device,
                .cpu1 = [](world* w) { make_call(w, "bar_read", {1}); },
                .steps = {{"R+ memory", "down_read vdev#1.memory_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"access", "read_once vdev#1.phys_command", memory_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock},
                          {"U", "copy_to_user"}},
                .c = pci_config()});
}

TEST(vfio_pci_mmio_steps, write) {
  expect_pairs({.pairs = 4,
                .unlocked = 1,
                .setup = one_device,
                .cpu1 = [](world* w) { make_call(w, "bar_write", {1}); },
                .steps = {{"U", "copy_from_user"},
                          {"R+ memory", "down_read vdev#1.memory_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"access", "read_once vdev#1.phys_command", memory_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_mmap_steps, mmap) {
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = one_device,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "bar_mmap", {1, 0, 0x1000, 0x1000});
                    },
                .steps = {{"W+ mmap", "down_write_arrive process#1.mmap_lock"},
                          {"M area", "kmalloc vma#1.1", mmap_lock},
                          {"insert", "itree_insert process#1.mm_mt", mmap_lock},
                          {"link", "down_write_arrive vdev#1.i_mmap_rwsem", mmap_lock},
                          {"W- mmap", "up_write process#1.mmap_lock", mmap_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_fault_steps, remap_locked) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", vma_lock},
                          {"enabled?", "read vdev#1.command", vma_lock},
                          {"add", "list_add vdev#1.vma_list", vma_lock},
                          {"remap", "kmalloc table#1.1", vma_lock},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", vma_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock}},
                .c = handler("remap_locked")});
}

TEST(vfio_pci_fault_steps, insert_all) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"L+ vma", "mutex_lock vdev#1.vma_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", vma_lock},
                          {"enabled?", "read vdev#1.command", vma_lock},
                          {"M", "kmalloc table#1.1", vma_lock},
                          {"set", "write_once table#1.1.pte", vma_lock},
                          {"add", "list_add vdev#1.vma_list", vma_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock},
                          {"L- vma", "mutex_unlock vdev#1.vma_lock", vma_lock}},
                .c = handler("insert_all")});
}

TEST(vfio_pci_fault_steps, prefill) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"R+ memory", "down_read vdev#1.memory_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"M", "kmalloc table#1.1", memory_lock},
                          {"set", "write_once table#1.1.pte", memory_lock},
                          {"M rest", "kmalloc table#1.2", memory_lock},
                          {"set rest", "write_once table#1.2.pte", memory_lock},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock}},
                .c = handler("prefill")});
}

}  // namespace
}  // namespace iorace::kern::this_file
