// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The committed races, explained: something always matters, and one step beside each of them
// another execution passes.
#include "scheduler/explore/explain.h"

#include <gmock/gmock.h>

#include "fuzz/bind.h"
#include "fuzz/repro_test.h"
#include "fuzz/trace_run.h"

namespace iorace::this_file {
namespace {

using testing::ElementsAre;

explanation explained(engine& e, const trace_file& t) {
  const bound_program bound(t.program, kernel_schema());
  return explain(e, bound.runnable(), input_of(t));
}

struct explained_race {
  const committed_trace* race;
  explanation x;
};
// Of every trace of repro/wrong; made once.
const std::vector<explained_race>& explained_races() {
  static const std::vector<committed_trace> wrong = committed_traces("wrong");
  static const std::vector<explained_race> all = [] {
    engine e;
    std::vector<explained_race> made;
    for (const committed_trace& race : wrong) made.push_back({&race, explained(e, race.trace)});
    return made;
  }();
  return all;
}

// What the execution ends with when its schedule is that of the neighbour.
std::string title_of_neighbour(engine& e, const trace_file& t, const explanation& x) {
  const bound_program bound(t.program, kernel_schema());
  const kept_execution k = keep(e, bound.runnable(), x.neighbour->plan, execution_of(t), t.points);
  EXPECT_EQ(k.plan, x.neighbour->plan);
  return k.what.title;
}

// But for those that come in whatever order the calls are made, and those that no order averts: a
// device that leaves its tag behind or its interrupt unmasked, a data race, a request that nobody
// answers.
TEST(explain_repro, of_each_race_something_matters_and_its_neighbour_is_none) {
  engine e;
  std::vector<std::string> either_way, unaverted;
  for (const auto& [committed, x] : explained_races()) {
    const committed_trace& race = *committed;
    SCOPED_TRACE(race.name);
    EXPECT_EQ(x.title, race.trace.title);
    EXPECT_TRUE(x.complete && x.minimal);
    if (x.alone) {
      EXPECT_TRUE(x.orders.empty());
      continue;
    }
    if (!x.neighbour && x.orders.empty()) {
      unaverted.push_back(race.name);
      continue;
    }
    if (x.orders.empty() && x.choices.empty()) either_way.push_back(race.name);
    EXPECT_LE(x.orders.size(), 5u);
    ASSERT_TRUE(x.neighbour.has_value());
    const std::string title = title_of_neighbour(e, race.trace, x);
    EXPECT_EQ(title, x.neighbour->ends.title);
    EXPECT_NE(title, race.trace.title);
  }
  EXPECT_THAT(
      unaverted,
      ElementsAre("assert_no_pending_iopf.when-before_detach", "block_translation.order-ats_first",
                  "dup_mmap.file-uncounted", "fault_detach.answers-flush_only",
                  "init_domain.lock-none", "iopf.locking-three_locks",
                  "iopf_group_alloc.failure-leaves_partial", "vfio_pci_runtime_suspend.intx-left",
                  "vfio_pci_runtime_suspend.intx-unmasked"));
  EXPECT_THAT(either_way,
              ElementsAre("depot_push.lock-none", "fault_detach.answers-awaits_user",
                          "fault_replace.answers-new_hwpt", "free_rcaches.work-left",
                          "iopf.locking-asserts", "iopf.locking-frees_groups",
                          "page_response.pasid-as_requested", "rcache_get.lock-none",
                          "remove_dev_pasid.drain-none", "remove_device.pasids-blocked",
                          "rid_block.drain-blocks_only", "rid_drain.waits_for-answers",
                          "vfio_exp_config_write.lock-unlocked-mapped",
                          "vfio_pci.fault-fork_opens_first", "vfio_pci.fault-remap_locked",
                          "vfio_pci.fault-remap_unlocked", "vfio_pci_core_device.flags-bits",
                          "vfio_pci_fault.check-before_lock", "vfio_pci_fault.power-unchecked",
                          "vfio_pci_iowrite.check-unchecked", "vfio_pci_zap.bars-left"));
}

// Without any other finding, but for a driver that destroys under a lock that its callback takes, a
// timer or work that nobody stops, and a device whose locks are taken in two orders: those are
// findings under every schedule, as are races of two probes, of one and firmware, or of two that
// use caches of IOVAs, that nothing orders.
TEST(explain_repro, the_neighbours_pass) {
  std::vector<std::string> others;
  for (const auto& [race, x] : explained_races())
    if (x.neighbour && !x.neighbour->ends.title.empty()) others.push_back(race->name);
  EXPECT_THAT(others,
              ElementsAre("access_destroy.lock-driver_lock", "depot_push.lock-none",
                          "free_fq.timer-left_armed", "free_rcaches.work-left",
                          "of_iommu_configure.lock-none_pointer_last", "probe_device.lock-unlocked",
                          "rcache_flush.lock-none", "rcache_get.lock-none",
                          "report_device_fault.accepted-falls_through", "type1_vaddr-wake_all",
                          "vfio_pci_zap.vmas-outer", "vfio_pci_zap.vmas-outer-fork",
                          "vfio_pci_zap.vmas-outer-munmap"));
}

// The first seed's race: the unmap looks at the pins, and at the driver's list of them, between the
// pin and its record.
TEST(explain_repro, the_pin_that_an_unmap_misses) {
  engine e;
  for (const committed_trace& race : committed_traces("wrong")) {
    if (race.name != "selftest_access.lock-spin-pin") continue;
    const explanation x = explained(e, race.trace);
    ASSERT_EQ(x.orders.size(), 1u);
    const explained_order& o = x.orders[0];
    ASSERT_TRUE(o.after && o.before);
    EXPECT_EQ(o.after->text, "area#2.1.num_accesses 0 -> 1");
    EXPECT_EQ(o.after->path.back(), "iopt_area_add_access");
    EXPECT_EQ(o.first.text, "area#2.1.num_accesses = 1");
    EXPECT_EQ(o.last.text, "list_next(staccess#1.1.items)");
    ASSERT_EQ(o.last.locks.size(), 1u);
    EXPECT_EQ(o.last.locks[0].place, "staccess#1.1.spin");
    EXPECT_EQ(o.before->text, "list_add(staccess#1.1.items)");
    EXPECT_EQ(o.before->step, 0u);
    EXPECT_EQ(o.before->locks.size(), 1u);
    EXPECT_EQ(x.calls.size(), 2u);
    EXPECT_EQ(to_text(x.neighbour->moved),
              "cpu1 until iommufd_test_access_pages spin_unlock staccess#1.1.spin");
    return;
  }
  FAIL() << "there is no such trace";
}

}  // namespace
}  // namespace iorace::this_file
