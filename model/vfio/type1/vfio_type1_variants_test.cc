// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the values of the chapter's knobs do beyond what their scenarios show: what the thread asks
// about waiting, who may take how long, and what else upstream keeps true.
#include <gmock/gmock.h>

#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::Contains;
using testing::IsEmpty;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

constexpr u64 vaddr_only = type1::VFIO_DMA_UNMAP_FLAG_VADDR;

void invalidated(world* w) {
  one_mdev(w);
  make_call(w, "type1_unmap", {1, 0x10000, 0x2000, vaddr_only});
}
void pin(world* w) { make_call(w, "mdev_pin", {1, 0x10000, 0x1000}); }
void pin_later(world* w) { make_call(w, "mdev_queue_pin", {1, 0x10000, 0x1000}); }
void restore(world* w) { make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000, 4}); }
void unmap(world* w) { make_call(w, "type1_unmap", {1, 0x10000, 0x2000}); }
void close_device(world* w) { make_call(w, "mdev_close", {1}); }
void close_container(world* w) { make_call(w, "container_close", {1}); }

std::vector<std::string> found(settings s, const body& setup, const std::vector<body>& cpus,
                               unsigned faults = 0) {
  const config c = with(type1_config(), s);
  return titles(program_of(c, setup, cpus), "portfolio", 6'000, 1, faults);
}

// The wait ends with the address and with the mapping, which only the user brings about. If he does
// neither, nobody does.
TEST(type1_vaddr, the_wait_ends_by_the_user_only) {
  const settings wait = {{"type1_vaddr", "wait"}};
  for (const body& user : {body(restore), body(unmap)})
    EXPECT_THAT(found(wait, invalidated, {pin, user}), IsEmpty());
  EXPECT_THAT(found(wait, invalidated, {pin, [](world*) {}}), Contains("hung-task in vfio_wait"));
}

// A close that waits for the worker ends when another thread of the user gives the address back:
// however long that takes it is no bug. It is one if nobody is left to.
TEST(type1_vaddr, a_user_who_merely_takes_long_is_no_bug) {
  const settings wait = {{"type1_vaddr", "wait"}};
  const auto pins_and_closes = [](world* w) {
    pin_later(w);
    close_device(w);
  };
  EXPECT_THAT(found(wait, invalidated, {pins_and_closes, restore}), IsEmpty());
  EXPECT_THAT(found(wait, invalidated, {pins_and_closes, [](world*) {}}),
              Contains("hung-task: mdev_close_device v vfio_wait"));
}

// The report has the whole cycle: who waits, for whom, and what only the user could do about it,
// who is in the close.
TEST(type1_vaddr, the_cycle_is_spelled_out) {
  const auto pins_and_closes = [](world* w) {
    pin_later(w);
    close_device(w);
  };
  const config c = with(type1_config(), {{"type1_vaddr", "wait"}});
  const program p = program_of(c, invalidated, {pins_and_closes});
  engine e;
  const auto choose = make_strategy("portfolio");
  for (std::uint64_t n = 0; n < 100; ++n) {
    execution_options o;
    o.number = n;
    if (e.run(p, *choose, o).how == ended::found) break;
  }
  EXPECT_EQ(e.last_finding().detail,
            "cpu1 waits: work_wait work#1 (kworker1); kworker1 waits: schedule "
            "container#1.vaddr_wait, until the user gives the address back, unmaps it or closes "
            "the container");
}

// A group that translates by itself has everything pinned, and waits until that can be done; one
// whose driver pins is simply there.
TEST(type1_vaddr, who_attaches_waits_to_pin) {
  const settings wait = {{"type1_vaddr", "wait"}};
  const auto attach = [](u64 type) {
    return [type](world* w) { EXPECT_EQ(make_call(w, "group_attach", {1, 0, type}).rc, 0); };
  };
  EXPECT_THAT(found(wait, invalidated, {attach(type1::VFIO_EMULATED_IOMMU)}), IsEmpty());
  EXPECT_THAT(found(wait, invalidated, {attach(type1::VFIO_IOMMU_COHERENT)}),
              Contains("hung-task in vfio_wait"));
  EXPECT_THAT(found(wait, invalidated, {attach(type1::VFIO_IOMMU_COHERENT), restore}), IsEmpty());
}

// Whoever is killed in his wait gets an error; a worker is not.
TEST(type1_vaddr, a_kill_ends_a_wait_of_the_user_s_own) {
  const settings wait = {{"type1_vaddr", "wait"}};
  const config c = with(type1_config(), wait);
  const auto ends_of = [&](const body& waits) {
    unsigned ended_well = 0;
    engine e;
    const program p = program_of(c, invalidated, {waits});
    for (std::uint64_t n = 0; n < 50; ++n) {
      const auto choose = make_strategy("random");
      execution_options o;
      o.number = n;
      o.faults_max = 1;
      ended_well += e.run(p, *choose, o).how == ended::finished;
    }
    return ended_well;
  };
  const auto killed = [](world* w) {
    const long rc = make_call(w, "mdev_pin", {1, 0x10000, 0x1000}).rc;
    EXPECT_TRUE(rc == -EFAULT || rc == -ENOMEM) << rc;
  };
  EXPECT_GT(ends_of(killed), 0u);
  EXPECT_LT(ends_of(killed), 50u);
  EXPECT_THAT(found(wait, invalidated, {pin_later}, 1), Contains("hung-task in vfio_wait"));
}

// The end of the container's file wakes those who wait then, and them only: it is one-shot, too, so
// that neither order of the two closes is safe.
TEST(type1_vaddr, a_container_s_close_is_one_shot) {
  const auto device_first = [](world* w) {
    pin_later(w);
    close_device(w);
    close_container(w);
  };
  const auto container_first = [](world* w) {
    pin_later(w);
    close_container(w);
    close_device(w);
  };
  const settings wait = {{"type1_vaddr", "wait"}};
  for (const body& closes : {body(device_first), body(container_first)})
    EXPECT_THAT(found(wait, invalidated, {closes}),
                Contains("hung-task: mdev_close_device v vfio_wait"));
  EXPECT_THAT(found({{"type1_vaddr", "closing"}}, invalidated, {container_first}), IsEmpty());
}

// A state that later pins look at ends every close, but not a call that holds the file: its close
// never comes.
TEST(type1_vaddr, a_sticky_state_helps_who_gets_to_the_close) {
  const settings closing = {{"type1_vaddr", "closing"}};
  EXPECT_THAT(found(closing, invalidated, {pin_later, close_device}), IsEmpty());
  EXPECT_THAT(found(closing, invalidated, {pin, close_device}), Contains("hung-task in vfio_wait"));
  EXPECT_THAT(found({{"type1_vaddr", "wake_once"}}, invalidated, {pin_later, close_device}),
              testing::Not(IsEmpty()));
}

// The exclusion that upstream has leaves nobody to wait, whether the code is there or not.
TEST(type1_vaddr, the_wait_that_was_left_is_dead_code) {
  const config c = with(type1_config(), {{"type1_vaddr", "wait_left"}});
  const auto all = [](world* w) {
    make_call(w, "type1_unmap", {1, 0x10000, 0x2000, vaddr_only});
    pin(w);
    restore(w);
  };
  const body attaches = [](world* w) { make_call(w, "group_attach", {1, 0}); };
  world* last = nullptr;
  const program p = program_of(c,
                               [&](world* w) {
                                 last = w;
                                 one_mdev(w);
                               },
                               {all, pin, attaches});
  engine e;
  for (std::uint64_t n = 0; n < 500; ++n) {
    const auto choose = make_strategy("random");
    execution_options o;
    o.number = n;
    ASSERT_EQ(e.run(p, *choose, o).how, ended::finished);
    ASSERT_FALSE(has_row(probes_reached(*last), probe::vaddr_waited));
  }
}

// With the file or with another process there is always somebody to give the page.
TEST(type1_vaddr, proposals_that_keep_a_provider_never_wait) {
  const auto execs = [](world* w) {
    make_call(w, "type1_unmap", {1, 0x10000, 0x2000, vaddr_only});
    make_call(w, "user_exec", {0, 0x200000});
    make_call(w, "type1_map", {1, 0, 0x10000, 0x200000, 0x2000, 4});
  };
  EXPECT_THAT(found({{"type1_vaddr", "file"}}, one_mdev, {pin_later, execs, close_device}),
              IsEmpty());
  const auto moves = [](world* w) {
    const u64 child = make_call(w, "user_fork").out;
    make_call(w, "type1_change_mm", {1, child});
    make_call(w, "user_exec", {0});
    make_call(w, "user_exit", {child});
    EXPECT_EQ(make_call(w, "mdev_pin", {1, 0x11000, 0x1000}).rc, -ENODEV);
    make_call(w, "type1_change_mm", {1, 0});
    EXPECT_EQ(make_call(w, "mdev_pin", {1, 0x11000, 0x1000}).rc, 0);
  };
  EXPECT_THAT(found({{"type1_vaddr", "change_mm"}}, one_mdev, {moves, pin_later}), IsEmpty());
}

// Rounds count only as long as it is the same mapping that will not become free: a driver that
// keeps the contract and pins anew each time can still use them up.
TEST(dma_unmap, a_driver_that_pins_again_and_again) {
  const auto pins = [](world* w) {
    for (unsigned i = 0; i < 3; ++i) pin(w);
  };
  for (const char* rounds : {"1", "10"})
    EXPECT_THAT(found({{"dma_unmap_rounds", rounds}}, one_mdev, {pins, unmap}), IsEmpty())
        << rounds;
}

// Upstream counts them whoever has pinned in between: enough pins on other CPUs bring it down. The
// callbacks of other devices give them time.
TEST(dma_unmap, gives_up_on_drivers_that_keep_the_contract) {
  const auto six_mdevs = [](world* w) {
    one_mdev(w);
    for (unsigned i = 0; i < 5; ++i) make_call(w, "mdev_open", {1});
  };
  const auto pins = [](world* w) {
    for (unsigned i = 0; i < 8; ++i) make_call(w, "mdev_pin", {6, 0x10000, 0x1000});
  };
  const std::vector<body> cpus = {unmap, pins, pins, pins};
  EXPECT_THAT(found({{"remove_dmas.retries", "any_pin"}}, six_mdevs, cpus),
              Contains("kernel-bug in remove_dmas"));
  EXPECT_THAT(found({}, six_mdevs, cpus), IsEmpty());
}

// The last domain goes, and what drivers have pinned counts by itself.
TEST(detach_group, accounts_anew) {
  const auto both = [](world* w) {
    one_mdev(w);
    make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT});
    make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_SNOOPING});
  };
  const auto detaches = [](world* w) {
    make_call(w, "group_detach", {2});
    make_call(w, "group_detach", {3});
    EXPECT_EQ(first_mm(w)->locked_vm.peek(), 1);
  };
  const auto setup = [&](world* w) {
    both(w);
    EXPECT_EQ(first_mm(w)->locked_vm.peek(), 2);
    pin(w);
    EXPECT_EQ(first_mm(w)->locked_vm.peek(), 2);
  };
  EXPECT_THAT(found({}, setup, {detaches}), IsEmpty());
}

// Allocations fail one by one wherever they can.
TEST(type1_unwinds, leave_nothing_behind) {
  const auto all = [](world* w) {
    make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT});
    make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_SNOOPING});
    make_call(w, "type1_map", {1, 0, 0x14000, user_memory_start, 0x1000});
    make_call(w, "mdev_pin", {1, 0x10000, 0x2000});
    make_call(w, "mdev_open", {1});
    unmap(w);
  };
  EXPECT_THAT(found({}, one_mdev, {all, pin}, 1), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
