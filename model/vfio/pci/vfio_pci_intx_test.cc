// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// INTx of a device: its user's mask, that of the command register, and that of a suspend.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/vfio/pci/contracts.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;
using call = faulty_call;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

config with_intx(settings s = {}) {
  return with(with(pci_config(), {{"intx", "1"}, {"runtime_pm", "1"}}), s);
}
long act(world* w, intx_action action) { return make_call(w, "set_intx", {1, action}).rc; }
void one_device(world* w) { make_call(w, "vdev_open"); }
void enabled(world* w) {
  one_device(w);
  act(w, INTX_ENABLE);
}
bool is_masked(world* w) { return vdev(w)->ctx.peek()->masked.peek(); }
void write_command(world* w, u32 bits) {
  make_call(w, "config_write_command", {1, PCI_COMMAND_MEMORY | bits});
}
void fall_asleep(world* w) {
  make_call(w, "low_power_entry", {1});
  flush_work(&vdev(w)->power.work);
  EXPECT_EQ(vdev(w)->power.runtime_status.peek(), u32{RPM_SUSPENDED});
}
void wake_up(world* w) { make_call(w, "low_power_exit", {1}); }

std::string title_of(const body& cpu, settings s = {}) {
  return title_alone(with_intx(s), enabled, cpu);
}
std::vector<std::string> found(const std::vector<body>& cpus, settings s = {}) {
  return titles(program_of(with_intx(s), enabled, cpus), "portfolio", 4'000, 1);
}

// The tutorial: it is masked while the device sleeps, and as its user wants it afterwards.
TEST(vfio_pci_intx, sleeps_with_its_device) {
  EXPECT_EQ(title_of([](world* w) {
              fall_asleep(w);
              EXPECT_TRUE(is_masked(w));
              wake_up(w);
              EXPECT_FALSE(is_masked(w));
              act(w, INTX_MASK);
              fall_asleep(w);
              wake_up(w);
              EXPECT_TRUE(is_masked(w));
              act(w, INTX_UNMASK);
              EXPECT_FALSE(is_masked(w));
            }),
            "");
}

// A bit of the command register masks it, too, and keeps it masked.
TEST(vfio_pci_intx, follows_the_command_register) {
  EXPECT_EQ(title_of([](world* w) {
              write_command(w, PCI_COMMAND_INTX_DISABLE);
              EXPECT_TRUE(is_masked(w));
              act(w, INTX_UNMASK);
              EXPECT_TRUE(is_masked(w));
              act(w, INTX_DISABLE);
              act(w, INTX_ENABLE);
              EXPECT_TRUE(is_masked(w));
              fall_asleep(w);
              wake_up(w);
              EXPECT_TRUE(is_masked(w));
              write_command(w, 0);
              EXPECT_FALSE(is_masked(w));
            }),
            "");
}

// It may be on while the device is closed.
TEST(vfio_pci_intx, ends_with_the_last_close) {
  const auto closes = [](world* w) {
    make_call(w, "vdev_close", {1});
    EXPECT_EQ(vdev(w)->ctx.peek(), nullptr);
    EXPECT_EQ(make_call(w, "vdev_reopen", {1}).rc, 0);
    EXPECT_EQ(act(w, INTX_MASK), -EINVAL);
  };
  EXPECT_EQ(title_of(closes, {{"device_close", "1"}}), "");
}

// In whatever order: a device that falls asleep and wakes up, its user, the command register.
TEST(vfio_pci_intx, all_together) {
  const auto sleeps = [](world* w) {
    make_call(w, "low_power_entry", {1});
    make_call(w, "set_irqs", {1});
  };
  const auto masks = [](world* w) {
    act(w, INTX_MASK);
    act(w, INTX_UNMASK);
    act(w, INTX_DISABLE);
    act(w, INTX_ENABLE);
  };
  const auto writes = [](world* w) {
    write_command(w, PCI_COMMAND_INTX_DISABLE);
    make_call(w, "sysfs_read_config", {1});
    write_command(w, 0);
  };
  EXPECT_THAT(found({sleeps, masks, writes}), IsEmpty());
}

// What a write of the command register changes without a lock is looked at under others.
TEST(vfio_pci_intx, a_mask_without_a_lock) {
  const auto unmasks = [](world* w) {
    act(w, INTX_MASK);
    act(w, INTX_UNMASK);
  };
  const auto writes = [](world* w) { write_command(w, PCI_COMMAND_INTX_DISABLE); };
  EXPECT_THAT(found({unmasks, writes}, {{"vfio_basic_config_write.intx", "after_unlock"}}),
              testing::Contains(testing::StartsWith("data-race: ")));
  EXPECT_THAT(found({unmasks, writes}), IsEmpty());
}

// Planted bugs and their near misses: INTx was masked before; its user has not masked it.
TEST(vfio_pci_intx, mask_lost) {
  const settings left = {{"vfio_pci_runtime_suspend.intx", "left"}};
  const settings unmasked = {{"vfio_pci_runtime_suspend.intx", "unmasked"}};
  for (const bool masks : {true, false}) {
    const auto sleeps = [=](world* w) {
      if (masks) act(w, INTX_MASK);
      fall_asleep(w);
      wake_up(w);
    };
    EXPECT_EQ(title_of(sleeps, left), masks ? "" : "intx-mask-lost in pci_pm_runtime_suspend");
    EXPECT_EQ(title_of(sleeps, unmasked),
              masks ? "intx-mask-lost in vfio_pci_intx_unmask_handler" : "");
    EXPECT_EQ(title_of(sleeps), "");
  }
}

TEST(vfio_pci_intx_steps, mask) {
  const char* const igate = "vdev#1.igate";
  const char* const irqlock = "vdev#1.irqlock";
  expect_pairs({.pairs = 7,
                .unlocked = 2,
                .setup = enabled,
                .cpu1 = [](world* w) { act(w, INTX_MASK); },
                .steps = {{"A get", "atomic vdev#1.usage_count"},
                          {"L+ igate", "mutex_lock vdev#1.igate"},
                          {"enabled?", "read vdev#1.irq_type", igate},
                          {"L+ irq", "spin_lock vdev#1.irqlock", igate},
                          {"mask", "write irq_ctx#1.masked", irqlock},
                          {"L- irq", "spin_unlock vdev#1.irqlock", irqlock},
                          {"L- igate", "mutex_unlock vdev#1.igate", igate},
                          {"A put", "atomic_sync vdev#1.usage_count"}},
                .c = with_intx()});
}

// A wake-up: memory_lock has gone when igate is taken.
TEST(vfio_pci_intx_steps, wake_up) {
  const auto asleep = [](world* w) {
    enabled(w);
    vdev(w)->flags[pm_runtime_engaged] = 1;
    atomic_set(&vdev(w)->power.usage_count, 0);
    vdev(w)->power.runtime_status = RPM_SUSPENDED;
    vdev(w)->ctx.peek()->masked = true;
    vdev(w)->pm_intx_masked = true;
  };
  expect_pairs({.pairs = 7,
                .unlocked = 4,
                .setup = asleep,
                .cpu1 = [](world* w) { make_call(w, "sysfs_read_config", {1}); },
                .steps = {{"L+ power", "spin_lock vdev#1.lock"},
                          {"L- power", "spin_unlock vdev#1.lock", "vdev#1.lock"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock"},
                          {"W- memory", "up_write vdev#1.memory_lock", "vdev#1.memory_lock"},
                          {"masked?", "read vdev#1.pm_intx_masked"},
                          {"L+ igate", "mutex_lock vdev#1.igate"},
                          {"unmask", "write irq_ctx#1.masked", "vdev#1.igate"},
                          {"awake", "write vdev#1.runtime_status"}},
                .c = with_intx()});
}

TEST(vfio_pci_intx, errors) {
  const auto no_device = [](call& c) { c["vdev"] = 9; };
  const auto dead = [](call& c) {
    c.before.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_SUSPENDED); });
    c.after.push_back([](world* w) { vdev(w)->power.runtime_status.poke(RPM_ACTIVE); });
    c.fail("pci_pm_runtime_resume");
  };
  const auto set = [](intx_action action) {
    return [=](call& c) { c.before.push_back([=](world* w) { act(w, action); }); };
  };
  expect_errors({.flow = "set_intx",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"asleep", EIO, dead},
                          {"no such action", EINVAL, [](call& c) { c["action"] = intx_actions; }},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}},
                 .c = with_intx()});
  for (const intx_action action : {INTX_DISABLE, INTX_MASK, INTX_UNMASK})
    expect_errors(
        {.flow = "set_intx",
         .setup = enabled,
         .base = [=](call& c) { c["action"] = action; },
         .rows = {{"no device", EBADF, no_device}, {"not enabled", EINVAL, set(INTX_DISABLE)}},
         .elsewhere = {EIO, ENOMEM},
         .c = with_intx()});
  const auto none = [](call& c) {
    c.before.push_back([](world* w) { w->limit[limit::intx] = 0; });
    c.after.push_back([](world* w) { w->limit[limit::intx] = 1; });
  };
  expect_errors({.flow = "set_intx",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device}, {"has none", EINVAL, none}},
                 .elsewhere = {EIO, ENOMEM},
                 .c = with_intx()});
}

}  // namespace
}  // namespace iorace::kern::this_file
