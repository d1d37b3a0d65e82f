// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that are suspended when nobody uses them: who wakes them up, what becomes of a call if
// they do not wake up, the steps. Kernel: drivers/vfio/pci, drivers/base/power/runtime.c
// @ 6.12.117.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;
using call = faulty_call;

config with_runtime_pm(std::initializer_list<std::pair<const char*, const char*>> more = {}) {
  return with(with(pci_config(), {{"runtime_pm", "1"}}), more);
}
void one_area(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x1000});
}
u32 status_of(world* w) { return vdev(w)->power.runtime_status.peek(); }
int enter(world* w) { return static_cast<int>(make_call(w, "low_power_entry", {1}).rc); }
int touch(world* w) { return static_cast<int>(make_call(w, "bar_touch", {0x1000, 0, 0}).rc); }

// Waits for the worker.
void fall_asleep(world* w) {
  flush_work(&vdev(w)->power.work);
  EXPECT_EQ(status_of(w), RPM_SUSPENDED);
}
void stay_awake(world* w) {
  flush_work(&vdev(w)->power.work);
  EXPECT_EQ(status_of(w), RPM_ACTIVE);
}
// As if the worker had been there.
void asleep(world* w) {
  one_area(w);
  vdev(w)->flags[pm_runtime_engaged] = 1;
  atomic_set(&vdev(w)->power.usage_count, 0);
  vdev(w)->power.runtime_status = RPM_SUSPENDED;
  vdev(w)->current_state = PCI_D3hot;
}
void expect_quiet(const body& cpu) { EXPECT_EQ(title_alone(with_runtime_pm(), one_area, cpu), ""); }

TEST(vfio_pci_power, a_device_sleeps_when_its_user_allows_it) {
  expect_quiet([](world* w) {
    EXPECT_EQ(enter(w), 0);
    fall_asleep(w);
    EXPECT_EQ(vdev(w)->current_state.peek(), PCI_D3hot);
    // Whoever wakes it up lets it sleep again; memory stays out of reach.
    EXPECT_EQ(make_call(w, "bar_read", {1}).rc, 0);
    EXPECT_EQ(touch(w), -EFAULT);
    fall_asleep(w);
  });
}

TEST(vfio_pci_power, the_end_of_low_power_keeps_it_awake) {
  expect_quiet([](world* w) {
    EXPECT_EQ(enter(w), 0);
    fall_asleep(w);
    EXPECT_EQ(make_call(w, "low_power_exit", {1}).rc, 0);
    stay_awake(w);
    EXPECT_EQ(touch(w), 0);
  });
}

// Whoever wakes it up: the user is told, and the device is his again.
TEST(vfio_pci_power, a_wake_up_is_told_and_ends_low_power) {
  expect_quiet([](world* w) {
    make_call(w, "ioeventfd", {1});
    EXPECT_EQ(make_call(w, "low_power_entry_with_wakeup", {1}).rc, 0);
    fall_asleep(w);
    EXPECT_EQ(make_call(w, "sysfs_read_config", {1}).rc, 0);
    EXPECT_TRUE(has_row(probes_reached(*w), probe::wake_up_told));
    stay_awake(w);
    EXPECT_EQ(touch(w), 0);
  });
}

// Memory is there down to D2, and what is mapped stays mapped.
TEST(vfio_pci_power, states_that_users_write) {
  expect_quiet([](world* w) {
    EXPECT_EQ(touch(w), 0);
    for (const u32 state : {PCI_D1, PCI_D2}) {
      EXPECT_EQ(make_call(w, "config_write_pm", {1, state}).rc, 0);
      EXPECT_EQ(vdev(w)->current_state.peek(), state);
      EXPECT_NE(peek_pte(process_of(w), 0x1000), 0u);
      EXPECT_EQ(make_call(w, "bar_read", {1}).rc, 0);
    }
    EXPECT_EQ(make_call(w, "config_write_pm", {1, PCI_D3hot}).rc, 0);
    EXPECT_EQ(peek_pte(process_of(w), 0x1000), 0u);
    EXPECT_EQ(touch(w), -EFAULT);
    EXPECT_EQ(make_call(w, "bar_read", {1}).rc, -EIO);
    EXPECT_EQ(make_call(w, "config_write_pm", {1, PCI_D0}).rc, 0);
    EXPECT_EQ(touch(w), 0);
  });
}

// A device that its user has put into D3hot sleeps all the same, and wakes up in D0.
TEST(vfio_pci_power, d3hot_and_low_power) {
  expect_quiet([](world* w) {
    EXPECT_EQ(make_call(w, "config_write_pm", {1, PCI_D3hot}).rc, 0);
    EXPECT_EQ(enter(w), 0);
    fall_asleep(w);
    EXPECT_EQ(make_call(w, "low_power_exit", {1}).rc, 0);
    EXPECT_EQ(vdev(w)->current_state.peek(), PCI_D0);
    EXPECT_EQ(touch(w), 0);
  });
}

// Without it nothing of this happens.
TEST(vfio_pci_power, needs_the_limit) {
  const auto enters = [](world* w) {
    EXPECT_EQ(enter(w), 0);
    EXPECT_EQ(status_of(w), RPM_ACTIVE);
    EXPECT_EQ(touch(w), -EFAULT);
  };
  EXPECT_EQ(title_alone(pci_config(), one_area, enters), "");
}

// The device does not wake up, which is found out after the descriptor and before all else.
TEST(vfio_pci_power, calls_fail_if_the_device_does_not_wake_up) {
  const auto dead = [](call& c) {
    c.before.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_SUSPENDED); });
    c.after.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_ACTIVE); });
    c.fail("pci_pm_runtime_resume");
  };
  const auto no_device = [](call& c) { c["vdev"] = 9; };
  const std::vector<error_row> rows = {{"no device", EBADF, no_device}, {"asleep", EIO, dead}};
  const std::set<int> others = {EINVAL, EAGAIN, EBUSY, EFAULT, ENOSPC, EEXIST, ENODEV, ENOMEM};
  for (const char* flow :
       {"config_write_command", "config_write_pm", "vdev_reset", "vdev_hot_reset",
        "low_power_entry", "low_power_entry_with_wakeup", "low_power_exit", "set_irqs", "bar_read",
        "bar_write", "ioeventfd", "config_write_flr"}) {
    SCOPED_TRACE(flow);
    std::set<int> elsewhere;
    for (const int code : flow_called(flow).errors)
      if (others.contains(code)) elsewhere.insert(code);
    expect_errors({.flow = flow,
                   .setup = one_area,
                   .base = [](call&) {},
                   .rows = rows,
                   .elsewhere = elsewhere,
                   .c = with_runtime_pm()});
  }
}

TEST(vfio_pci_power, errors_of_an_entry_with_wake_up) {
  const auto no_device = [](call& c) { c["vdev"] = 9; };
  const auto engaged = [](call& c) { c.before.push_back([](world* w) { enter(w); }); };
  expect_errors(
      {.flow = "low_power_entry_with_wakeup",
       .setup = one_area,
       .base = [](call&) {},
       .rows = {{"no device", EBADF, no_device},
                {"no argument", EFAULT, [](call& c) { c.fail("low_power_entry_with_wakeup"); }},
                {"already", EINVAL, engaged}},
       .elsewhere = {EIO},
       .c = with_runtime_pm()});
}

// A hot reset wakes up all devices or none.
TEST(vfio_pci_power, a_hot_reset_whose_devices_do_not_wake_up) {
  const auto two = [](world* w) {
    one_area(w);
    make_call(w, "vdev_open");
  };
  const config c = with_runtime_pm();
  const auto resets = [](world* w) {
    vdev(w)->power.runtime_status.poke(RPM_SUSPENDED);
    const long rc = make_call(w, "vdev_hot_reset", {2, 1}).rc;
    EXPECT_TRUE(rc == 0 || rc == -EIO) << rc;
    for (unsigned i = 0; i < 2; ++i) {
      const peek_scope looking;
      EXPECT_EQ(atomic_peek(&w->vfio_pci->vdev[i]->power.usage_count), 1);
    }
  };
  EXPECT_THAT(titles(program_of(c, two, {resets}), "random", 200, 1, 1), IsEmpty());
}

TEST(vfio_pci_power_steps, wake_up) {
  const char* const power = "vdev#1.lock";
  expect_pairs({.pairs = 12,
                .unlocked = 6,
                .setup = asleep,
                .cpu1 = [](world* w) { make_call(w, "bar_read", {1}); },
                .steps = {{"A get", "atomic vdev#1.usage_count"},
                          {"L+ power", "spin_lock vdev#1.lock"},
                          {"asleep?", "read vdev#1.runtime_status", power},
                          {"waking up", "write vdev#1.runtime_status", power},
                          {"L- power", "spin_unlock vdev#1.lock", power},
                          {"D0", "write vdev#1.current_state"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock"},
                          {"told?", "read vdev#1.pm_wake_eventfd_ctx", "vdev#1.memory_lock"},
                          {"L+ power", "spin_lock vdev#1.lock"},
                          {"awake", "write vdev#1.runtime_status", power},
                          {"wake waiters", "wake_up_all vdev#1.wait_queue", power},
                          {"R+ memory", "down_read vdev#1.memory_lock"},
                          {"A put", "atomic_sync vdev#1.usage_count"}},
                .c = with_runtime_pm()});
}

TEST(vfio_pci_power_steps, low_power_entry) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 8,
                .unlocked = 3,
                .setup = one_area,
                .cpu1 = [](world* w) { enter(w); },
                .steps = {{"A get", "atomic vdev#1.usage_count"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock"},
                          {"zap", "down_read vdev#1.i_mmap_rwsem", memory_lock},
                          {"engage", "write vdev#1.flags", memory_lock},
                          {"A put_noidle", "atomic vdev#1.usage_count", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock},
                          {"A put", "atomic_sync vdev#1.usage_count"},
                          {"L+ power", "spin_lock vdev#1.lock"},
                          {"queue", "queue_work work#1", "vdev#1.lock"}},
                .c = with_runtime_pm()});
}

TEST(vfio_pci_power_steps, low_power_exit) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 5,
                .unlocked = 2,
                .setup =
                    [](world* w) {
                      one_area(w);
                      vdev(w)->flags[pm_runtime_engaged] = 1;
                    },
                .cpu1 = [](world* w) { make_call(w, "low_power_exit", {1}); },
                .steps = {{"A get", "atomic vdev#1.usage_count"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock"},
                          {"disengage", "write vdev#1.flags", memory_lock},
                          {"A get_noresume", "atomic vdev#1.usage_count", memory_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", memory_lock},
                          {"A put", "atomic_sync vdev#1.usage_count"}},
                .c = with_runtime_pm()});
}

}  // namespace
}  // namespace iorace::kern::this_file
