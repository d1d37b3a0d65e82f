// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device that is opened again after its last close, and the reset of the bus that the last close
// of all devices makes up for one that cannot be reset alone.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/vfio/pci/inside_test.h"
#include "model/vfio/pci/one_area_test.h"

namespace iorace::kern::this_file {
namespace {

using of_two_pages::one_area;
using of_two_pages::touch;
using testing::IsEmpty;
using call = faulty_call;
using settings = std::initializer_list<std::pair<const char*, const char*>>;
constexpr u64 no_reset = 2;

config closable(settings s = {}) { return with(with(pci_config(), {{"device_close", "1"}}), s); }

long close_file(world* w, u64 number = 1) { return make_call(w, "vdev_close", {number}).rc; }
long open_file(world* w, u64 number = 1) { return make_call(w, "vdev_reopen", {number}).rc; }
void closed(world* w) {
  make_call(w, "vdev_open");
  close_file(w);
}
// The first cannot be reset alone; the second is mapped.
void two_devices(world* w) {
  make_call(w, "vdev_open", {no_reset});
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {2, 0, 0x1000, 0x1000});
}
std::string title_of(const body& setup, const body& cpu, settings s = {}) {
  return title_alone(closable(s), setup, cpu);
}
std::vector<std::string> found(const body& setup, const std::vector<body>& cpus, settings s = {},
                               unsigned faults = 0) {
  return titles(program_of(closable(s), setup, cpus), "portfolio", 4'000, 1, faults);
}

// The tutorial: an area keeps the device open; what its user has done to it does not survive.
TEST(vfio_pci_reopen, begins_anew) {
  EXPECT_EQ(title_of(one_area,
                     [](world* w) {
                       make_call(w, "config_write_command", {1, PCI_COMMAND_INTX_DISABLE});
                       make_call(w, "config_write_pm", {1, PCI_D3hot});
                       close_file(w);
                       EXPECT_EQ(open_file(w), -EINVAL);
                       make_call(w, "bar_munmap", {0x1000, 0});
                       EXPECT_EQ(open_file(w), 0);
                       EXPECT_EQ(vdev(w)->command.peek(), u32{PCI_COMMAND_MEMORY});
                       EXPECT_EQ(vdev(w)->current_state.peek(), u32{PCI_D0});
                       make_call(w, "bar_mmap", {1, 0, 0x1000, 0x2000});
                       touch(w);
                       EXPECT_EQ(make_call(w, "bar_read", {1}).rc, 0);
                     }),
            "");
}

// It may have fallen asleep, or be about to; and it may not wake up.
TEST(vfio_pci_reopen, wakes_the_device_up) {
  const settings sleepy = {{"runtime_pm", "1"}};
  EXPECT_EQ(title_of(
                closed,
                [](world* w) {
                  flush_work(&vdev(w)->power.work);
                  EXPECT_EQ(vdev(w)->power.runtime_status.peek(), u32{RPM_SUSPENDED});
                  EXPECT_EQ(open_file(w), 0);
                  EXPECT_EQ(vdev(w)->power.runtime_status.peek(), u32{RPM_ACTIVE});
                  EXPECT_EQ(make_call(w, "bar_read", {1}).rc, 0);
                },
                sleepy),
            "");
  const auto again = [](world* w) {
    close_file(w);
    open_file(w);
  };
  const auto looks = [](world* w) { make_call(w, "sysfs_read_config", {1}); };
  EXPECT_THAT(found(closed, {again, again, looks}, sleepy, 1), IsEmpty());
}

TEST(vfio_pci_reopen, of_two_openers_one_succeeds) {
  constexpr unsigned executions = 200;
  unsigned first = 0, second = 0;
  const auto opens_first = [&](world* w) { first += open_file(w) == 0; };
  const auto opens_second = [&](world* w) { second += open_file(w) == 0; };
  EXPECT_THAT(
      titles(program_of(closable(), closed, {opens_first, opens_second}), "random", executions, 1),
      IsEmpty());
  EXPECT_EQ(first + second, executions);
  EXPECT_TRUE(first != 0 && second != 0);
}

// Its registers are as they were when it was opened, if there was memory to note them.
TEST(vfio_pci_reopen, the_last_close_restores) {
  for (const bool noted : {true, false}) {
    const auto closes = [=](world* w) {
      make_call(w, "config_write_command", {1, 0});
      pci_saved_state* const state = vdev(w)->saved_state;
      if (!noted) {
        kfree(state);
        vdev(w)->saved_state = nullptr;
      }
      close_file(w);
      EXPECT_EQ(vdev(w)->phys_command.peek(),
                noted ? u32{PCI_COMMAND_MEMORY} : u32{PCI_COMMAND_INTX_DISABLE});
      EXPECT_EQ(open_file(w), 0);
      EXPECT_EQ(vdev(w)->phys_command.peek(), u32{PCI_COMMAND_MEMORY});
    };
    EXPECT_EQ(title_of([](world* w) { make_call(w, "vdev_open"); }, closes), "");
  }
}

// A device that was not reset waits for the last close of all.
TEST(vfio_pci_reopen, the_last_of_all_resets_the_bus) {
  EXPECT_EQ(title_of(two_devices,
                     [](world* w) {
                       close_file(w, 1);
                       EXPECT_TRUE(vdev(w, 1)->needs_reset.peek());
                       EXPECT_FALSE(has_row(probes_reached(*w), probe::bus_reset_by_close));
                       make_call(w, "bar_munmap", {0x1000, 0});
                       close_file(w, 2);
                       EXPECT_FALSE(vdev(w, 1)->needs_reset.peek());
                       EXPECT_TRUE(has_row(probes_reached(*w), probe::bus_reset_by_close));
                     }),
            "");
  EXPECT_EQ(title_of(closed,
                     [](world* w) {
                       EXPECT_FALSE(has_row(probes_reached(*w), probe::bus_reset_by_close));
                     }),
            "");
}

// Beside faults and resets of the other device, which may sleep, and its own next user.
TEST(vfio_pci_reopen, others_go_on) {
  const auto again = [](world* w) {
    close_file(w, 1);
    open_file(w, 1);
  };
  const auto faults = [](world* w) {
    touch(w);
    make_call(w, "low_power_entry", {2});
  };
  const auto resets = [](world* w) { make_call(w, "vdev_hot_reset", {2, 1}); };
  const auto leaves = [](world* w) {
    close_file(w, 2);
    make_call(w, "bar_munmap", {0x1000, 0});
  };
  const settings sleepy = {{"runtime_pm", "1"}};
  EXPECT_THAT(found(two_devices, {again, faults, resets}, sleepy, 1), IsEmpty());
  EXPECT_THAT(found(two_devices, {again, faults, leaves}, sleepy, 1), IsEmpty());
}

// The planted bug: a close that resets the bus under the user of another device. Near miss: nobody
// maps it.
TEST(vfio_pci_reopen, a_reset_that_asks_nobody) {
  const settings uncounted = {{"vfio_pci_dev_set_needs_reset.open", "uncounted"}};
  const auto closes = [](world* w) { close_file(w, 1); };
  const auto touched = [](world* w) {
    two_devices(w);
    touch(w);
  };
  EXPECT_EQ(title_of(touched, closes, uncounted),
            "bar-mapped-while-disabled in __pci_reset_function_locked");
  EXPECT_EQ(title_of(two_devices, closes, uncounted), "");
  EXPECT_EQ(title_of(touched, closes), "");
}

TEST(vfio_pci_reopen, steps) {
  const char* const set_lock = "dev_set#1.lock";
  const char* const power = "vdev#1.lock";
  expect_pairs({.pairs = 12,
                .unlocked = 2,
                .setup = closed,
                .cpu1 = [](world* w) { open_file(w); },
                .steps = {{"M file", "kmalloc file#1.1"},
                          {"L+ set", "mutex_lock dev_set#1.lock"},
                          {"open?", "read vdev#1.open_count", set_lock},
                          {"A get", "atomic vdev#1.usage_count", set_lock},
                          {"L+ power", "spin_lock vdev#1.lock", set_lock},
                          {"awake?", "read vdev#1.runtime_status", power},
                          {"enable", "write_once vdev#1.phys_command", set_lock},
                          {"try device", "mutex_trylock vdev#1.device_lock", set_lock},
                          {"L- device", "mutex_unlock vdev#1.device_lock", set_lock},
                          {"M state", "kmalloc saved_state#1.1", set_lock},
                          {"init", "write vdev#1.command", set_lock},
                          {"L- set", "mutex_unlock dev_set#1.lock", set_lock},
                          {"install", "xa_store dev_set#1.files"}},
                .c = closable({{"runtime_pm", "1"}})});
}

TEST(vfio_pci_reopen, steps_of_a_close_that_resets_the_bus) {
  const char* const set_lock = "dev_set#1.lock";
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup =
                    [](world* w) {
                      make_call(w, "vdev_open", {no_reset});
                      make_call(w, "vdev_open");
                      close_file(w, 2);
                    },
                .cpu1 = [](world* w) { close_file(w, 1); },
                .steps = {{"take out", "xa_lock dev_set#1.files"},
                          {"L+ set", "mutex_lock dev_set#1.lock"},
                          {"who is open?", "read vdev#2.open_count", set_lock},
                          {"wake 2", "atomic vdev#2.usage_count", set_lock},
                          {"reset 2", "write_once vdev#2.phys_command", set_lock},
                          {"put 2", "atomic_sync vdev#2.usage_count", set_lock},
                          {"L- set", "mutex_unlock dev_set#1.lock", set_lock}},
                .c = closable({{"runtime_pm", "1"}})});
}

TEST(vfio_pci_reopen, errors) {
  const auto no_device = [](call& c) { c["vdev"] = 9; };
  const auto stays_open = [](call& c) { c.before.push_back([](world* w) { open_file(w); }); };
  const auto dead = [](call& c) {
    c.before.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_SUSPENDED); });
    c.after.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_ACTIVE); });
    c.fail("pci_pm_runtime_resume");
  };
  const auto being_reset = [](call& c) {
    c.before.push_back([](world* w) { vdev(w)->device_lock.holder = 100; });
    c.after.push_back([](world* w) { vdev(w)->device_lock.holder = 0; });
  };
  expect_errors(
      {.flow = "vdev_reopen",
       .setup = closed,
       .base = [](call&) {},
       .rows = {{"no device", ENODEV, no_device},
                {"no file", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"open", EINVAL, stays_open},
                {"asleep", EIO, dead},
                {"being reset", EAGAIN, being_reset},
                {"no room for its registers", ENOMEM, [](call& c) { c.fail("vfio_config_init"); }}},
       .elsewhere = {ENOSYS},
       .c = closable({{"runtime_pm", "1"}})});
  const auto files_stay = [](call& c) {
    c.before.push_back([](world* w) { w->limit[limit::device_close] = 0; });
    c.after.push_back([](world* w) { w->limit[limit::device_close] = 1; });
  };
  expect_errors(
      {.flow = "vdev_reopen",
       .setup = closed,
       .base = [](call&) {},
       .rows = {{"files stay open", ENOSYS, files_stay}, {"no device", ENODEV, no_device}},
       .elsewhere = {ENOMEM, EINVAL, EIO, EAGAIN},
       .c = closable()});
}

}  // namespace
}  // namespace iorace::kern::this_file
