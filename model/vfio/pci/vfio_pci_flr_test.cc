// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Resets that a bit in config space asks for, and what a device is while it is reset.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"
#include "model/vfio/pci/one_area_test.h"

namespace iorace::kern::this_file {
namespace {

using of_two_pages::one_area;
using of_two_pages::touch;
using testing::Contains;
using testing::IsEmpty;
using call = faulty_call;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

constexpr settings unlocked = {{"vfio_exp_config_write.lock", "unlocked"}};
enum : u64 { express, advanced_features };

void reads(world* w) { make_call(w, "bar_read", {1}); }
template <u64 capability>
void flr(world* w) {
  EXPECT_EQ(make_call(w, "config_write_flr", {1, capability}).rc, 0);
}
void mapped(world* w) {
  one_area(w);
  touch(w);
}

std::vector<std::string> found(const std::vector<body>& cpus, settings s = {}) {
  return titles(program_of(with(pci_config(), s), one_area, cpus), "portfolio", 4'000);
}

// The tutorial: whoever has the BAR mapped faults again, a device in D3hot is awake afterwards, and
// nothing that the user sees of the command register has changed.
TEST(vfio_pci_flr, a_device_is_awake_and_unmapped) {
  for (const body& reset : {body(flr<express>), body(flr<advanced_features>)})
    EXPECT_EQ(title_alone(pci_config(), mapped,
                          [&](world* w) {
                            make_call(w, "config_write_pm", {1, PCI_D3hot});
                            reset(w);
                            EXPECT_EQ(vdev(w)->current_state.peek(), PCI_D0);
                            EXPECT_EQ(vdev(w)->phys_command.peek(), PCI_COMMAND_MEMORY);
                            touch(w);
                          }),
              "");
}

TEST(vfio_pci_flr, excludes_accesses_of_both_kinds) {
  for (const body& reset : {body(flr<express>), body(flr<advanced_features>)}) {
    EXPECT_THAT(found({reset, reads, touch}), IsEmpty());
    EXPECT_THAT(found({reset, reads}, unlocked),
                Contains("mmio-while-disabled in vfio_pci_core_iowrite"));
    EXPECT_THAT(found({reset, touch}, unlocked),
                Contains("bar-mapped-while-disabled in __pci_reset_function_locked"));
  }
}

// Every reset takes the BARs away first; the near miss has nothing mapped.
TEST(vfio_pci_flr, whoever_is_reset_is_unmapped) {
  const settings left = {{"vfio_pci_zap.bars", "left"}};
  for (const char* flow : {"vdev_reset", "vdev_hot_reset", "config_write_flr"}) {
    const auto resets = [&](world* w) { make_call(w, flow, {1, 1}); };
    EXPECT_EQ(title_alone(with(pci_config(), left), mapped, resets),
              "bar-mapped-while-disabled in __pci_reset_function_locked")
        << flow;
    EXPECT_EQ(title_alone(with(pci_config(), left), one_area, resets), "") << flow;
  }
}

// Nobody is told; the device is left as it is.
TEST(vfio_pci_flr, may_not_happen) {
  EXPECT_EQ(title_alone(pci_config(), mapped,
                        [](world* w) {
                          vdev(w)->reset_works.poke(false);
                          flr<express>(w);
                          EXPECT_NE(peek_pte(process_of(w), 0x1000), 0u);
                          vdev(w)->reset_works.poke(true);
                          vdev(w)->device_lock.holder = 100;
                          flr<express>(w);
                          EXPECT_EQ(peek_pte(process_of(w), 0x1000), 0u);
                          vdev(w)->device_lock.holder = 0;
                        }),
            "");
}

TEST(vfio_pci_flr, steps) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup = mapped,
                .cpu1 = flr<express>,
                .steps = {{"arrive", "down_write_arrive vdev#1.memory_lock"},
                          {"W+ memory", "down_write vdev#1.memory_lock"},
                          {"zap", "write_once table#1.pte", memory_lock},
                          {"try device", "mutex_trylock vdev#1.device_lock", memory_lock},
                          {"reset", "write_once vdev#1.phys_command", memory_lock},
                          {"L- device", "mutex_unlock vdev#1.device_lock", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock}},
                .c = pci_config()});
}

TEST(vfio_pci_flr, errors) {
  expect_errors({.flow = "config_write_flr",
                 .setup = one_area,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, [](call& c) { c["vdev"] = 9; }}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
